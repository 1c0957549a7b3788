import { createReadStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { isIndexMediaType, type Digest } from '@sallyport/core'
import { type Image, openImage } from '@sallyport/image'
import { openLayout, parseIndex } from '@sallyport/oci'
import { type ExecutableManifest, readStraceEvents, type RuntimeEvent } from '@sallyport/runtime/behaviour'
import {
  type ImageName,
  imageLayout,
  type SmokeRequest,
  smokeTest,
  unpackImage,
} from '@sallyport/test-images'
import { requireTool } from '@sallyport/test-tools'

/** A real image, unpacked, whose smoke test runs under strace. */
export interface WatchedImage extends AsyncDisposable {
  readonly name: ImageName
  readonly digest: Digest
  readonly image: Image
  readonly manifest: ExecutableManifest
  /** Runs it once, and tells what it did. */
  watch(options?: WatchOptions): AsyncGenerator<RuntimeEvent>
  readonly rootDirectory: string
}

export interface WatchOptions {
  /** Done beside its smoke test. */
  readonly more?: readonly SmokeRequest[] | undefined
  /** A program beside the container, in its network, that waits for it: code for node. */
  readonly peer?: string | undefined
}

/** Signals that have a service read its configuration again, and end. */
const signalsOf: Partial<Record<ImageName, readonly string[]>> = { nginx: ['SIGHUP', 'SIGQUIT'] }

export async function openWatchedImage(name: ImageName, directory: string): Promise<WatchedImage> {
  const cached = await imageLayout(name)
  const layout = await openLayout(cached.directory)
  let raw = await layout.getManifest(cached.tag)
  if (isIndexMediaType(raw.descriptor.mediaType)) {
    const own = parseIndex(raw).manifests.find(({ platform }) => platform?.architecture === 'amd64')
    if (!own) throw new Error(`the image ${name} has no amd64`)
    raw = await layout.getManifest(own.digest)
  }
  const image = await openImage(layout, raw, { directory })
  const rootDirectory = await mkdtemp(join(directory, `${name}-`))
  await unpackImage(cached.directory, rootDirectory)
  let runs = 0
  return {
    name,
    digest: raw.descriptor.digest,
    image,
    rootDirectory,
    manifest: {
      find(path) {
        const node = image.tree.resolve(path)
        return node?.type === 'file' ? {} : undefined
      },
    },
    async *watch({ more, peer } = {}) {
      const recording = join(directory, `${name}-${++runs}.strace`)
      let root = ''
      try {
        await smokeTest(name, rootDirectory, {
          more,
          signals: signalsOf[name] ?? ['SIGTERM'],
          timeoutMs: 120_000,
          under: (place) => {
            root = place
            const strace = [requireTool('strace'), '-f', '-ttt', '-yy', '-s', '256', '-o', recording]
            if (peer === undefined) return strace
            // The shell stays: a tracer waits for all of its children, and the peer would be one.
            const script = '"$1" -e "$2" >&2 & shift 2; "$@"; exit $?'
            return ['sh', '-c', script, 'sh', process.execPath, peer, ...strace]
          },
        })
        if ((await stat(recording)).size === 0) throw new Error('strace wrote nothing')
        yield* readStraceEvents(createReadStream(recording), { roots: [root], workingDirectory: '/' })
      } finally {
        if (!process.env['KEEP']) await rm(recording, { force: true })
      }
    },
    [Symbol.asyncDispose]: () => image[Symbol.asyncDispose](),
  }
}

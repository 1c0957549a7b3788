import { ImageError } from '../errors.ts'
import type { OpenedImage } from '../open/opened-image.ts'
import { tarEnd } from '../tar/create-tar-writer.ts'
import { encodeTarHeader, type TarHeaderInput } from '../tar/encode-header.ts'
import { paddedSize, type TarHeader } from '../tar/tar-header.ts'
import { TarScanner } from '../tar/tar-scanner.ts'
import type { Inode } from '../tree/inode.ts'
import { contentSize, openContent } from './new-content.ts'
import type { RewriteStep } from './rewrite-step.ts'

const chunkSize = 256 * 1024

/** Streams the tar of a rewritten layer. */
export async function* renderLayer(
  image: OpenedImage,
  steps: readonly RewriteStep[],
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const buffered = new ChunkBuffer()
  for (const step of steps) {
    signal?.throwIfAborted()
    switch (step.action) {
      case 'copy': {
        const { layer, entry } = step
        const { offset, dataOffset, kind } = entry
        const size = kind === 'file' ? entry.size : 0
        const end = dataOffset + size
        for (let start = offset; start < end; start += chunkSize) {
          yield* buffered.add(
            await image.readTarRange(layer, start, Math.min(chunkSize, end - start), signal),
          )
        }
        yield* buffered.add(new Uint8Array(paddedSize(size) - size))
        break
      }
      case 'directory': {
        const { mode = 0o755, uid = 0, gid = 0, xattrs = new Map() } = step.attributes ?? {}
        const path = directoryName(step.path)
        yield* buffered.add(encodeTarHeader({ type: 'directory', path, mode, uid, gid, xattrs }))
        break
      }
      case 'add': {
        yield* buffered.add(encodeTarHeader(newHeader(step)))
        const { entry } = step
        if (entry.type !== 'file' || step.linkTo !== undefined) break
        for await (const chunk of openContent(entry.content, step.path)) yield* buffered.add(chunk)
        const size = contentSize(entry.content)
        yield* buffered.add(new Uint8Array(paddedSize(size) - size))
        break
      }
      case 'write': {
        const header = await renderHeader(image, step, signal)
        yield* buffered.add(encodeTarHeader(header))
        if (header.size === 0) break
        if (step.content !== undefined) yield* buffered.add(step.content)
        else for await (const chunk of image.readContent(step.inode, signal)) yield* buffered.add(chunk)
        yield* buffered.add(new Uint8Array(paddedSize(header.size) - header.size))
      }
    }
  }
  yield* buffered.add(tarEnd)
  yield* buffered.flush()
}

/** Small pieces one by one would cost more than the compression. */
class ChunkBuffer {
  #pending: Uint8Array[] = []
  #size = 0;

  *add(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    if (chunk.length === 0) return
    this.#pending.push(chunk)
    this.#size += chunk.length
    if (this.#size >= chunkSize) yield* this.flush()
  }

  *flush(): Generator<Uint8Array, void, undefined> {
    if (this.#size > 0) yield Buffer.concat(this.#pending)
    this.#pending = []
    this.#size = 0
  }
}

/** The header of the file's own entry, with what the step changes; all else of it (names, times, PAX) stays. */
async function renderHeader(
  image: OpenedImage,
  { path, inode, content, linkTo }: Extract<RewriteStep, { action: 'write' }>,
  signal: AbortSignal | undefined,
): Promise<TarHeader> {
  const { userName, groupName, ...original } = await readHeader(image, inode, signal)
  const isLink = linkTo !== undefined
  const name = path.slice(1)
  return {
    ...original,
    // A name that is of another owner would be believed by some readers.
    userName: inode.uid === original.uid ? userName : '',
    groupName: inode.gid === original.gid ? groupName : '',
    type: isLink ? 'hardlink' : inode.type,
    path: inode.type === 'directory' ? directoryName(path) : name,
    linkPath: isLink ? linkTo.slice(1) : inode.linkTarget,
    mode: inode.mode,
    uid: inode.uid,
    gid: inode.gid,
    mtime: inode.mtime,
    xattrs: inode.xattrs,
    size: isLink || inode.type !== 'file' ? 0 : (content?.length ?? inode.size),
  }
}

function newHeader({ path, entry, linkTo }: Extract<RewriteStep, { action: 'add' }>): TarHeaderInput {
  const { uid, gid, mtime } = entry
  const name = path.slice(1)
  switch (entry.type) {
    case 'symlink':
      return { type: 'symlink', path: name, linkPath: entry.linkTarget, mode: 0o777, uid, gid, mtime }
    case 'directory': {
      const { mode, xattrs = new Map() } = entry
      return { type: 'directory', path: directoryName(path), mode, uid, gid, mtime, xattrs }
    }
    case 'file': {
      const { mode, xattrs = new Map() } = entry
      const shared = { path: name, mode, uid, gid, mtime, xattrs }
      return linkTo === undefined
        ? { ...shared, type: 'file', size: contentSize(entry.content) }
        : { ...shared, type: 'hardlink', linkPath: linkTo.slice(1) }
    }
  }
}

function directoryName(path: string): string {
  return path === '/' ? './' : `${path.slice(1)}/`
}

async function readHeader(
  image: OpenedImage,
  { origin }: Inode,
  signal: AbortSignal | undefined,
): Promise<TarHeader> {
  const entry = image.layers[origin.layer]?.contents.entries[origin.entry]
  if (entry === undefined)
    throw new ImageError('LAYER_CORRUPT', `layer ${origin.layer} has no entry ${origin.entry}`)
  const { offset, dataOffset } = entry
  const bytes = await image.readTarRange(origin.layer, offset, dataOffset - offset, signal)
  let header: TarHeader | undefined
  new TarScanner({ onEntry: (found) => (header = found) }, image.parts.limits).push(bytes)
  if (header === undefined)
    throw new ImageError('LAYER_CORRUPT', `layer ${origin.layer}: no header at ${offset}`)
  return header
}

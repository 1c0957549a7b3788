import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { BlobReader } from '@sallyport/core'
import { openImage } from '@sallyport/image'
import { openLayout, type Repository } from '@sallyport/oci'
import { request } from 'undici'
import { findIsolation, type RootProcess, runInRoot } from './run-in-root.ts'
import { samples } from './samples.ts'
import { unpackImage } from './unpack-image.ts'

/** Options of {@link runSample}. */
export interface RunSampleOptions {
  /** Folder to unpack the image into; what is in it is deleted. Default: a folder for temporary files, deleted after. */
  readonly directory?: string | undefined
  /** Port on the loopback interface instead of the image's own 8080. Default: a free one. */
  readonly port?: number | undefined
  readonly signal?: AbortSignal | undefined
}

const imagePort = 8080
const startUpMs = 15_000

/**
 * Unpacks a sample image and runs its entry point with the image as root directory, asks it for its page, and says
 * how that went. Where the machine allows no such thing it says so instead.
 *
 * @param source A repository, or the folder of an OCI layout.
 * @param reference Tag or digest of the image.
 * @throws {Error} When the image does not start or answers something else.
 */
export async function runSample(
  source: (Pick<Repository, 'getManifest'> & BlobReader) | string,
  reference: string,
  { directory, port, signal }: RunSampleOptions = {},
): Promise<string> {
  const repository = typeof source === 'string' ? await openLayout(source) : source
  const temporary = await mkdtemp(join(tmpdir(), 'sallyport-sample-'))
  try {
    await using image = await openImage(repository, await repository.getManifest(reference, { signal }), {
      directory: temporary,
      signal,
    })
    const command = [...(image.config.config?.Entrypoint ?? []), ...(image.config.config?.Cmd ?? [])]
    const sample = Object.values(samples).find(({ config }) => String(config.Entrypoint) === String(command))
    if (!sample) throw new Error(`${command.join(' ')} is the entry point of no sample image`)
    const isolation = await findIsolation()
    if (!isolation) {
      return 'not run: this machine lets neither root nor a user namespace (unshare --user) run it; everything else stands'
    }
    const rootDirectory = directory ?? join(temporary, 'root')
    await unpackImage(image, rootDirectory, signal)
    const usedPort = port ?? (await findFreePort())
    const moved = await movePort(rootDirectory, command, usedPort)
    await using running = await runInRoot(isolation, rootDirectory, moved, image.config.config?.Env ?? [])
    const { status, body } = await firstAnswer(usedPort, running, signal)
    if (status !== 200 || !body.includes(sample.answer)) {
      throw new Error(`GET / gave ${status} and not the page of the sample: ${body.slice(0, 200)}`)
    }
    return `${command.slice(0, 2).join(' ')} … answers GET / with 200: "${sample.answer}"`
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

/** Several runs must not fight for 8080: the port is changed in the arguments and in the files that they name. */
async function movePort(root: string, command: readonly string[], port: number): Promise<string[]> {
  for (const argument of command) {
    if (!argument.endsWith('.conf')) continue
    const file = join(root, argument)
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace(`listen ${imagePort};`, `listen 127.0.0.1:${port};`))
  }
  return command.map((argument) => (argument === String(imagePort) ? `127.0.0.1:${port}` : argument))
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function firstAnswer(
  port: number,
  running: RootProcess,
  signal: AbortSignal | undefined,
): Promise<{ status: number; body: string }> {
  const deadline = Date.now() + startUpMs
  let hasEnded = false
  void running.ended.then(() => (hasEnded = true))
  for (;;) {
    signal?.throwIfAborted()
    try {
      const { statusCode, body } = await request(`http://127.0.0.1:${port}/`, { signal: signal ?? null })
      return { status: statusCode, body: (await body.text()).slice(0, 64 * 1024) }
    } catch (error) {
      if (hasEnded) throw new Error(`the image's program ended: ${running.errors()}`, { cause: error })
      if (Date.now() > deadline)
        throw new Error(`no answer within ${startUpMs} ms: ${running.errors()}`, { cause: error })
      await delay(50, undefined, { signal })
    }
  }
}

import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { EnvHttpProxyAgent, interceptors, request } from 'undici'
import { findMirrors, type MirrorList } from './debian-mirrors.ts'
import type { PackageLock, PinnedPackage } from './package-lock.ts'

/** Options of {@link fetchPackages}. */
export interface FetchPackagesOptions {
  /** Default: {@link defaultCacheDirectory}. */
  readonly cacheDirectory?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((event: { readonly message: string }) => void) | undefined
}

const parallel = 4

/** `$SALLYPORT_CACHE`, or `~/.cache/sallyport`. */
export function defaultCacheDirectory(): string {
  return process.env.SALLYPORT_CACHE || join(homedir(), '.cache', 'sallyport')
}

/**
 * Fetches the packages of the lock into `<cache>/debs`, and returns their files by package name. Every file is of the
 * size and sha256 that the lock says, also one that was in the cache already.
 */
export async function fetchPackages(
  lock: PackageLock,
  { cacheDirectory = defaultCacheDirectory(), signal, onProgress }: FetchPackagesOptions = {},
): Promise<ReadonlyMap<string, string>> {
  const folder = join(cacheDirectory, 'debs')
  await mkdir(folder, { recursive: true })
  const files = new Map<string, string>()
  const missing: PinnedPackage[] = []
  for (const pinned of lock.packages) {
    const file = join(folder, `${pinned.sha256}.deb`)
    files.set(pinned.package, file)
    if (!(await isFile(file, pinned))) missing.push(pinned)
  }
  if (missing.length === 0) return files

  const mirrors = await findMirrors(lock.snapshot)
  const bytes = missing.reduce((sum, { size }) => sum + size, 0)
  onProgress?.({
    message: `fetching ${missing.length} Debian packages, ${(bytes / 1e6).toFixed(1)} MB, from ${new URL(mirrors.debian[0]!).host}`,
  })
  const agent = new EnvHttpProxyAgent({ connect: { timeout: 20_000 } })
  const dispatcher = agent.compose(interceptors.redirect({ maxRedirections: 3 }))
  const failed = new AbortController()
  const either = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])])
  const queue = [...missing]
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      try {
        await fetchPackage(next, files.get(next.package)!, { mirrors, dispatcher, signal: either })
      } catch (error) {
        failed.abort(error)
        throw error
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: parallel }, worker))
  } finally {
    await agent.close()
  }
  return files
}

interface Source {
  readonly mirrors: MirrorList
  readonly dispatcher: NonNullable<Parameters<typeof request>[1]>['dispatcher']
  readonly signal: AbortSignal
}

/** Tries the mirrors one after the other, each twice. */
async function fetchPackage(pinned: PinnedPackage, file: string, source: Source): Promise<void> {
  const problems: unknown[] = []
  for (const base of source.mirrors[pinned.archive].flatMap((url) => [url, url])) {
    source.signal.throwIfAborted()
    try {
      await download(`${base}/${pinned.path.replaceAll('+', '%2B')}`, pinned, file, source)
      return
    } catch (error) {
      source.signal.throwIfAborted()
      problems.push(error)
    }
  }
  throw new AggregateError(
    problems,
    `no mirror gave ${pinned.package} ${pinned.version}: ${problems.map((problem) => (problem as Error).message).join('; ')}`,
  )
}

async function download(
  url: string,
  { size, sha256 }: PinnedPackage,
  file: string,
  { dispatcher, signal }: Source,
): Promise<void> {
  const { statusCode, body } = await request(url, {
    dispatcher: dispatcher!,
    signal,
    headersTimeout: 30_000,
    bodyTimeout: 30_000,
  })
  const partial = `${file}.${randomUUID()}.partial`
  try {
    if (statusCode !== 200) throw new Error(`${url}: HTTP ${statusCode}`)
    const handle = await open(partial, 'wx')
    const hash = createHash('sha256')
    let received = 0
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        received += chunk.byteLength
        if (received > size) throw new Error(`${url}: more than ${size} bytes`)
        hash.update(chunk)
        await handle.writeFile(chunk)
      }
    } finally {
      await handle.close()
    }
    if (received !== size || hash.digest('hex') !== sha256)
      throw new Error(`${url}: not the file of the lock`)
    await rename(partial, file)
  } finally {
    body.on('error', () => undefined).destroy()
    await rm(partial, { force: true })
  }
}

async function isFile(file: string, { size, sha256 }: PinnedPackage): Promise<boolean> {
  const found = await stat(file).catch(() => undefined)
  if (found?.size !== size) return false
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 }))
    hash.update(chunk as Buffer)
  return hash.digest('hex') === sha256
}

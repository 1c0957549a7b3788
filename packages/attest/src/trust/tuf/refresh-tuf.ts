import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TargetFile, Updater } from 'tuf-js'
import { AttestError } from '../../errors.ts'
import type { ServiceOptions } from '../../service/service-options.ts'
import { readRefusal } from '../../service/read-refusal.ts'
import { createTufFetcher, type TufFetcher } from './tuf-fetcher.ts'
import type { TufState } from './tuf-state.schema.ts'

/** Options of {@link refreshTuf}. */
export interface RefreshTufOptions extends ServiceOptions {
  /** Without a slash at the end. */
  readonly mirrorUrl: string
  /** The root that is believed without proof. */
  readonly pinnedRoot: Uint8Array
  /** Names of the targets to read; those that the repository lacks are left out. */
  readonly targets: readonly string[]
  readonly state?: TufState | undefined
  /** Reads `state` alone, and judges it by the time at which it was fetched. */
  readonly offline: boolean
  readonly now: Date
  readonly signal?: AbortSignal | undefined
}

/** A repository that was verified. */
export interface RefreshedTuf {
  readonly state: TufState
  /** When the first of its metadata expires. */
  readonly expires: Date
}

/**
 * Verifies a repository from the pinned root on (specification of TUF, section 5), and reads targets. Nothing that was
 * fetched before is believed but for what it forbids: an older timestamp or snapshot.
 *
 * @throws {AttestError} `TUF_UNREACHABLE` when a file can't be had.
 * @throws {AttestError} `TUF_INVALID` when a file is not what it has to be: signed, current, of this hash, not too long.
 * @throws {AttestError} `TUF_CACHE_UNUSABLE` when there is no room for temporary files.
 */
export async function refreshTuf(options: RefreshTufOptions): Promise<RefreshedTuf> {
  const { signal } = options
  let fetcher: TufFetcher | undefined
  let folder: string | undefined
  try {
    // The client reads and writes metadata in a folder. This one is its own: no other process can tear its files.
    folder = await mkdtemp(join(await realpath(tmpdir()), 'sallyport-tuf-'))
    fetcher = createTufFetcher({ ...options, folder })
    return await refresh(options, fetcher, folder)
  } catch (error) {
    signal?.throwIfAborted()
    if (fetcher?.failure !== undefined) throw fetcher.failure
    throw toTufError(error, options.mirrorUrl)
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }
}

async function refresh(
  { mirrorUrl, pinnedRoot, targets: names, state, offline, now }: RefreshTufOptions,
  fetcher: TufFetcher,
  folder: string,
): Promise<RefreshedTuf> {
  for (const [name, content] of Object.entries(state?.metadata ?? {}))
    await writeFile(join(folder, name), content)
  await writeFile(join(folder, 'root.json'), pinnedRoot)
  const updater = new Updater({
    metadataDir: folder,
    metadataBaseUrl: mirrorUrl,
    targetBaseUrl: `${mirrorUrl}/targets`,
    fetcher,
  })
  const fetchedAt = offline && state !== undefined ? state.fetchedAt : now
  setReferenceTime(updater, fetchedAt)
  await updater.refresh()
  const expires = await firstExpiry(folder)

  const targets: Record<string, Uint8Array> = {}
  for (const [index, name] of names.entries()) {
    const info = await updater.getTargetInfo(name)
    if (info === undefined) continue
    requireHash(info, name)
    const path = join(folder, `target-${index}`)
    const known = state?.targets[name]
    if (known !== undefined) await writeFile(path, known)
    if ((await updater.findCachedTarget(info, path)) === undefined) await updater.downloadTarget(info, path)
    targets[name] = await readFile(path)
  }
  const metadata: Record<string, Uint8Array> = {}
  for (const name of await readdir(folder))
    if (name.endsWith('.json') && name !== 'root.json') metadata[name] = await readFile(join(folder, name))
  const roots = Object.fromEntries(fetcher.roots)
  return { state: { version: 1, fetchedAt, roots, metadata, targets }, expires }
}

/** The client has no other way to be told the time, by which it decides what has expired. */
function setReferenceTime(updater: Updater, time: Date): void {
  const store = updater['trustedSet'] as { referenceTime?: unknown } | undefined
  if (!(store?.referenceTime instanceof Date)) throw new TypeError('this version of tuf-js is not known')
  store.referenceTime = time
}

async function firstExpiry(folder: string): Promise<Date> {
  const times = await Promise.all(
    ['root', 'timestamp', 'snapshot', 'targets'].map(async (role) => {
      const { signed } = JSON.parse(await readFile(join(folder, `${role}.json`), 'utf8')) as {
        readonly signed: { readonly expires: string }
      }
      return Date.parse(signed.expires)
    }),
  )
  return new Date(Math.min(...times))
}

/** The client takes a target without hashes as it comes. */
function requireHash({ hashes }: TargetFile, name: string): void {
  if (hashes['sha256'] === undefined && hashes['sha512'] === undefined)
    throw new AttestError('TUF_INVALID', `the metadata gives no SHA-256 or SHA-512 of ${name}`)
}

function toTufError(error: unknown, mirrorUrl: string): AttestError {
  if (error instanceof AttestError) return error
  const { message, syscall, code } = error as NodeJS.ErrnoException
  if (syscall !== undefined)
    return new AttestError('TUF_CACHE_UNUSABLE', `can't write temporary files (${code})`, { cause: error })
  const why = readRefusal(Buffer.from(String(message))).explanation
  return new AttestError('TUF_INVALID', `the TUF repository ${mirrorUrl} can't be trusted: ${why}`)
}

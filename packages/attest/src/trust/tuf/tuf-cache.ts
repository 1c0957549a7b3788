import { parseStrictJson } from '@sallyport/core'
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AttestError } from '../../errors.ts'
import { type TufState, tufStateSchema } from './tuf-state.schema.ts'

const maxBytes = 64 * 1024 * 1024

/**
 * Reads what was kept of a repository; `undefined` when nothing was.
 *
 * @throws {AttestError} `TUF_CACHE_UNUSABLE` when the file can't be read, or holds something else.
 */
export async function readTufState(path: string): Promise<TufState | undefined> {
  let content: Buffer
  try {
    if ((await stat(path)).size > maxBytes) throw damaged(path)
    content = await readFile(path)
  } catch (error) {
    if (error instanceof AttestError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new AttestError('TUF_CACHE_UNUSABLE', `can't read ${path} (${code})`, { cause: error })
  }
  try {
    return tufStateSchema.parse(parseStrictJson(content))
  } catch (error) {
    throw damaged(path, error)
  }
}

/**
 * Keeps the state of a repository, at once or not at all. A newer one, by another process, stays.
 *
 * @throws {AttestError} `TUF_CACHE_UNUSABLE` when the folder can't be made or written.
 */
export async function writeTufState(path: string, state: TufState): Promise<void> {
  const kept = await readTufState(path)
  if (kept !== undefined && isNewer(kept, state)) return
  const unfinished = `${path}.${randomUUID()}`
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(unfinished, encode(state), { mode: 0o600, flag: 'wx' })
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {})
    const { code } = error as NodeJS.ErrnoException
    throw new AttestError(
      'TUF_CACHE_UNUSABLE',
      `can't keep what was fetched in ${dirname(path)} (${code}): name a folder that can be written (cachePath)`,
      { cause: error },
    )
  }
}

function damaged(path: string, cause?: unknown): AttestError {
  return new AttestError('TUF_CACHE_UNUSABLE', `${path} is damaged: delete it and fetch again`, { cause })
}

/** By both: a repository may begin again with lower versions and new keys, and clocks may have been wrong. */
function isNewer(kept: TufState, state: TufState): boolean {
  return kept.fetchedAt > state.fetchedAt && timestampVersion(kept) > timestampVersion(state)
}

function timestampVersion({ metadata }: TufState): number {
  try {
    const { signed } = JSON.parse(Buffer.from(metadata['timestamp.json'] ?? []).toString('utf8')) as {
      signed: { version: number }
    }
    return Number(signed.version) || 0
  } catch {
    return 0
  }
}

function encode({ fetchedAt, roots, metadata, targets, ...rest }: TufState): string {
  const encodeAll = (files: Readonly<Record<string, Uint8Array>>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(files).map(([name, content]) => [name, Buffer.from(content).toString('base64')]),
    )
  return JSON.stringify({
    ...rest,
    fetchedAt: fetchedAt.toISOString(),
    roots: encodeAll(roots),
    metadata: encodeAll(metadata),
    targets: encodeAll(targets),
  })
}

import { isAscii } from 'node:buffer'
import {
  type BigIntStats,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
} from 'node:fs'
import { decodeName } from '@sallyport/image'
import type { UnknownFile, UnknownReason } from '../drift/file-observation.ts'
import { overTime } from './pace.ts'

/** Something that is in a tree. `access` leads to it as long as the next one was not asked for. */
export interface WalkedEntry {
  readonly path: string
  readonly access: string | Buffer
  readonly stats: BigIntStats
}

/** What could not be walked. */
export interface WalkFailure {
  readonly path: string
  readonly reason: UnknownReason
  readonly message: string
}

/** What to do with a directory. */
export type DirectoryChoice = 'enter' | 'skip'

/** Options of {@link walkTree}. */
export interface WalkTreeOptions {
  /** Default: every directory is entered. */
  readonly choose?: ((entry: WalkedEntry) => DirectoryChoice) | undefined
  /** Paths that are not touched at all, and why; each is told as a failure. Default none. */
  readonly avoid?: ReadonlyMap<string, string> | undefined
  /** Default 2,000,000. */
  readonly maxEntries?: number | undefined
  readonly onFailure: (failure: WalkFailure) => void
}

interface Level {
  readonly file: number
  /** What leads to its entries. */
  readonly access: string
  readonly path: string
  readonly names: readonly Buffer[]
  next: number
}

const directoryFlags =
  constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | constants.O_NONBLOCK
/** Deeper directories hold too many open at once; nobody has them for a good reason. */
const maxDepth = 400

/**
 * Walks everything below a directory, itself first. Each entry is reached through its open parent, so that a link that is put
 * into the way meanwhile leads nowhere else. What disappears while it walks is left out.
 */
export function* walkTree(
  root: string,
  { choose = () => 'enter', avoid, maxEntries = 2_000_000, onFailure }: WalkTreeOptions,
): Generator<WalkedEntry, void, undefined> {
  const levels: Level[] = []
  // A number is found faster than the link `self`.
  const own = `/proc/${readlinkSync('/proc/self')}/fd/`
  let count = 0
  try {
    // `/proc/PID/root` is a link, and the only one that is followed.
    levels.push(openLevel(root, '/', own, directoryFlags & ~constants.O_NOFOLLOW))
    const access = `${levels[0]!.access}.`
    yield { path: '/', access, stats: lstatSync(access, { bigint: true }) }
    for (let level = levels.at(-1); level; level = levels.at(-1)) {
      const name = level.names[level.next++]
      if (name === undefined) {
        closeSync(level.file)
        levels.pop()
        continue
      }
      if (++count > maxEntries) {
        // Of all that was not reached nobody knows whether it is there.
        onFailure({ path: '/', reason: 'limit-exceeded', message: `more than ${maxEntries} entries` })
        return
      }
      const text = isAscii(name) ? name.toString('latin1') : decodeName(name)
      const path = level.path === '/' ? `/${text}` : `${level.path}/${text}`
      const avoided = avoid?.get(path)
      if (avoided !== undefined) {
        onFailure({ path, reason: 'unreadable', message: avoided })
        continue
      }
      const access = accessTo(level.access, name, text)
      try {
        const entry = { path, access, stats: lstatSync(access, { bigint: true }) }
        yield entry
        if (!entry.stats.isDirectory() || choose(entry) === 'skip') continue
        if (levels.length >= maxDepth) {
          onFailure({ path, reason: 'limit-exceeded', message: `deeper than ${maxDepth} directories` })
          continue
        }
        levels.push(openLevel(access, path, own, directoryFlags))
      } catch (error) {
        const failure = toFailure(path, error)
        if (failure) onFailure(failure)
      }
    }
  } finally {
    for (const { file } of levels) closeSync(file)
  }
}

function openLevel(access: string | Buffer, path: string, own: string, flags: number): Level {
  const file = openSync(access, flags)
  try {
    return {
      file,
      access: `${own}${file}/`,
      path,
      names: readdirSync(`${own}${file}`, { encoding: 'buffer' }),
      next: 0,
    }
  } catch (error) {
    closeSync(file)
    throw error
  }
}

function accessTo(start: string, name: Buffer, text: string): string | Buffer {
  return text.isWellFormed() ? start + text : Buffer.concat([Buffer.from(start), name])
}

/** What an error of the system means for a path; `undefined` when it only is gone by now. */
export function toFailure(path: string, error: unknown): WalkFailure | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  if (code === undefined) throw error
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
  if (code === overTime) return { path, reason: 'limit-exceeded', message: `${path} was not read in time` }
  const reason = code === 'EACCES' || code === 'EPERM' ? 'permission-denied' : 'unreadable'
  return { path, reason, message: `${path} can not be read: ${code}` }
}

/** What is told when the time is up; of the root it is about all that was not looked at. */
export const overTimeAt = (path: string): UnknownFile => ({
  kind: 'unknown',
  path,
  reason: 'limit-exceeded',
  message: path === '/' ? 'the time was up before all was looked at' : `${path} was not looked at in time`,
})

import type { BigIntStats } from 'node:fs'
import type { FileRecord } from '@sallyport/core'

/** What is known of the content of a file. */
export interface HashedContent {
  /** SHA-256 in hex. */
  readonly sha256: string
  /** What its first bytes say it is. */
  readonly magic: FileRecord['magic']
  /** `security.capability` in base64, `''` for none; absent when it could not be read. */
  readonly capability?: string | undefined
}

/**
 * Remembers the hashes of files, so that the next comparison reads only what changed since. A file counts as unchanged when
 * device, inode, size and the times of change of content and inode (both in nanoseconds) are the same. User code can set
 * the one, but never the other: the kernel sets `ctime` with every write, `chmod`, `setxattr` and `utimes`.
 *
 * What it does not see: writes through a shared memory map of a file that were made after its page was written to first and
 * before the kernel wrote it back; writes to the block device below the file system; and a machine whose clock was set
 * back. A comparison without it sees all of that.
 */
export interface HashCache {
  /** How many files it knows. */
  readonly size: number
  /** What is known of a file with these properties, or `undefined`. */
  find(stats: BigIntStats): HashedContent | undefined
  /** Takes what was read; not of a file that was written to in the last second, which may change within the same tick. */
  keep(stats: BigIntStats, content: HashedContent): void
}

/** Options of {@link createHashCache}. */
export interface HashCacheOptions {
  /** Most files; the oldest go first. Default 1,000,000. */
  readonly maxFiles?: number | undefined
  /** Milliseconds since the epoch, of the clock that the file system uses. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

interface Kept extends HashedContent {
  readonly dev: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

const settledMs = 1000

/** Makes a {@link HashCache} in memory. */
export function createHashCache({ maxFiles = 1_000_000, now = Date.now }: HashCacheOptions = {}): HashCache {
  // By inode: two devices with the same inode number displace each other, which only costs time.
  const files = new Map<bigint, Kept>()
  return {
    get size() {
      return files.size
    },
    find({ dev, ino, size, mtimeNs, ctimeNs }) {
      const kept = files.get(ino)
      return kept?.ctimeNs === ctimeNs && kept.mtimeNs === mtimeNs && kept.size === size && kept.dev === dev
        ? kept
        : undefined
    },
    keep({ dev, ino, size, mtimeNs, ctimeNs, ctimeMs }, content) {
      if (now() - Number(ctimeMs) < settledMs) {
        files.delete(ino)
        return
      }
      if (files.size >= maxFiles && !files.has(ino)) {
        const oldest = files.keys().next()
        if (!oldest.done) files.delete(oldest.value)
      }
      files.set(ino, { dev, size, mtimeNs, ctimeNs, ...content })
    },
  }
}

import { closeSync, constants, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs'
import { createHash } from 'node:crypto'
import { type FileRecord, readMagic } from '@sallyport/core'
import { overTime, type Pace } from './pace.ts'

/** What reading a file gave. */
export interface ReadContent {
  readonly sha256: string
  readonly magic: FileRecord['magic']
  /** Whether it was written to meanwhile. */
  readonly isUnstable: boolean
  readonly stats: BigIntStats
}

const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
const buffer = { bytes: undefined as Buffer | undefined }
const bufferSize = 1024 * 1024

/**
 * Hashes a regular file; links in the last position are not followed, and a pipe that took its place does not hold it up.
 *
 * @throws the error of the system, `ESTALE` when something else is there by now, or `ETIME` when the time is up.
 */
export async function hashFile(
  path: string | Buffer,
  expected: Pick<BigIntStats, 'dev' | 'ino'> | undefined,
  pace: Pace,
): Promise<ReadContent> {
  const file = openSync(path, expected ? flags : flags & ~constants.O_NOFOLLOW)
  try {
    const before = fstatSync(file, { bigint: true })
    const isSame = !expected || (before.dev === expected.dev && before.ino === expected.ino)
    if (!before.isFile() || !isSame) throw Object.assign(new Error('it was replaced'), { code: 'ESTALE' })
    const hash = createHash('sha256')
    let magic: FileRecord['magic']
    let total = 0n
    for (;;) {
      // One buffer for all: whoever waits in between must not share it.
      const bytes = takeBuffer()
      const length = readSync(file, bytes, 0, bytes.length, null)
      if (length > 0) hash.update(length === bytes.length ? bytes : bytes.subarray(0, length))
      if (total === 0n) magic = readMagic(bytes.subarray(0, length))
      total += BigInt(length)
      buffer.bytes = bytes
      // A file that grows faster than it is read never ends.
      if (length === 0 || total > before.size) break
      if (total === before.size) continue
      const wait = pace.next()
      if (wait) await wait
      if (pace.isOver) throw Object.assign(new Error('it takes too long'), { code: overTime })
    }
    const after = fstatSync(file, { bigint: true })
    const isUnstable =
      total !== before.size || after.mtimeNs !== before.mtimeNs || after.ctimeNs !== before.ctimeNs
    return { sha256: hash.digest('hex'), magic, isUnstable, stats: before }
  } finally {
    closeSync(file)
  }
}

/** Reads only what a file begins with. */
export function readHead(path: string | Buffer): FileRecord['magic'] {
  const file = openSync(path, flags)
  try {
    if (!fstatSync(file).isFile()) throw Object.assign(new Error('it was replaced'), { code: 'ESTALE' })
    const head = Buffer.alloc(4)
    return readMagic(head.subarray(0, readSync(file, head, 0, 4, 0)))
  } finally {
    closeSync(file)
  }
}

function takeBuffer(): Buffer {
  const bytes = buffer.bytes ?? Buffer.allocUnsafe(bufferSize)
  buffer.bytes = undefined
  return bytes
}

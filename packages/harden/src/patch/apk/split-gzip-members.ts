import { inflateRawSync } from 'node:zlib'
import { HardenError } from '../../errors.ts'

/** One member of a gzip file: its own bytes, and what they hold. */
export interface GzipMember {
  readonly compressed: Uint8Array
  readonly content: Uint8Array
}

const maxMembers = 8

/**
 * Splits a file of several gzip members (RFC 1952), each of which a signature or a checksum of its own covers.
 *
 * @throws {HardenError} `ARCHIVE_INVALID` when it is something else, is cut, or has more than eight members.
 * @throws {HardenError} `LIMIT_EXCEEDED` when they hold more than `maxBytes` together.
 */
export function splitGzipMembers(bytes: Uint8Array, maxBytes: number, name: string): readonly GzipMember[] {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const members: GzipMember[] = []
  let left = maxBytes
  for (let start = 0; start < file.length;) {
    if (members.length === maxMembers) throw invalid(`more than ${maxMembers} gzip members`)
    const body = start + headerLength(start)
    const { buffer, engine } = inflate(body)
    const end = body + engine.bytesWritten + 8
    if (end > file.length || file.readUInt32LE(end - 4) !== buffer.length % 2 ** 32)
      throw invalid('cut gzip data')
    left -= buffer.length
    members.push({ compressed: file.subarray(start, end), content: buffer })
    start = end
  }
  return members

  function inflate(body: number) {
    try {
      // The types do not know that `info` gives the engine too.
      return inflateRawSync(file.subarray(body), {
        info: true,
        maxOutputLength: Math.max(left, 1),
      }) as unknown as {
        readonly buffer: Buffer
        readonly engine: { readonly bytesWritten: number }
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
        throw new HardenError('LIMIT_EXCEEDED', `${name}: more than ${maxBytes} bytes when uncompressed`)
      throw new HardenError('ARCHIVE_INVALID', `${name}: no valid gzip data`, { cause: error })
    }
  }

  function headerLength(start: number): number {
    if (start + 18 > file.length || file.readUInt16BE(start) !== 0x1f8b || file[start + 2] !== 8)
      throw invalid(`no gzip member at byte ${start}`)
    const flags = file[start + 3]!
    let at = start + 10
    if (flags & 4) at += 2 + file.readUInt16LE(at)
    for (const flag of [8, 16]) {
      if (!(flags & flag)) continue
      const zero = file.indexOf(0, at)
      if (zero < 0) throw invalid('cut gzip header')
      at = zero + 1
    }
    if (flags & 2) at += 2
    if (at >= file.length) throw invalid('cut gzip header')
    return at - start
  }

  function invalid(what: string): HardenError {
    return new HardenError('ARCHIVE_INVALID', `${name}: ${what}`)
  }
}

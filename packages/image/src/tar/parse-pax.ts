import { ImageError } from '../errors.ts'

/**
 * Splits the body of a PAX extended header into its records (POSIX.1-2024, pax, "Extended Header"). A later record
 * of the same keyword wins; values are bytes.
 *
 * @throws {ImageError} `TAR_INVALID` when a record's length, `=` or newline is missing or wrong.
 */
export function parsePaxRecords(body: Uint8Array, offset: number): Map<string, Uint8Array> {
  const records = new Map<string, Uint8Array>()
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  let position = 0
  while (position < buffer.length) {
    const space = buffer.indexOf(0x20, position)
    const digits = space === -1 ? '' : buffer.toString('latin1', position, space)
    const length = /^[1-9][0-9]{0,9}$/.test(digits) ? Number(digits) : 0
    const end = position + length
    const equals = buffer.indexOf(0x3d, space + 1)
    if (
      length === 0 ||
      end > buffer.length ||
      buffer[end - 1] !== 0x0a ||
      equals === -1 ||
      equals >= end - 1
    ) {
      throw new ImageError(
        'TAR_INVALID',
        `PAX header at byte ${offset}: malformed record at its byte ${position}`,
        {
          offset,
        },
      )
    }
    const keyword = buffer.toString('utf8', space + 1, equals)
    if (keyword === '' || keyword.includes('\0')) {
      throw new ImageError('TAR_INVALID', `PAX header at byte ${offset}: a record has no valid keyword`, {
        offset,
      })
    }
    // A copy, because the scanner's buffer is used again.
    records.set(keyword, Uint8Array.prototype.slice.call(buffer, equals + 1, end - 1))
    position = end
  }
  return records
}

const decimal = /^-?[0-9]{1,16}(?:\.[0-9]{0,30})?$/
const integer = /^-?[0-9]{1,16}$/

/**
 * Reads a PAX number: `size`, `uid` and `gid` are whole, `mtime` may have a fraction.
 *
 * @throws {ImageError} `TAR_INVALID` for another form.
 */
export function parsePaxNumber(value: Uint8Array, keyword: string, offset: number): number {
  const text = Buffer.from(value).toString('latin1')
  const number = (keyword === 'mtime' ? decimal : integer).test(text) ? Number(text) : Number.NaN
  if (!Number.isFinite(number) || Math.abs(number) > Number.MAX_SAFE_INTEGER) {
    throw new ImageError('TAR_INVALID', `PAX header at byte ${offset}: ${keyword} is not a number`, {
      offset,
    })
  }
  return number
}

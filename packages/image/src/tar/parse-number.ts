import { ImageError } from '../errors.ts'

/**
 * Reads a numeric header field: octal text, or base-256 in two's complement when the first bit is set.
 *
 * @throws {ImageError} `TAR_INVALID` when the field is no number, or one beyond 2^53.
 */
export function parseTarNumber(field: Uint8Array, name: string, offset: number): number {
  const first = field[0] ?? 0
  return (first & 0x80) === 0 ? parseOctal(field, name, offset) : parseBase256(field, name, offset)
}

function parseOctal(field: Uint8Array, name: string, offset: number): number {
  let start = 0
  let end = field.length
  while (start < end && isPadding(field[start])) start += 1
  while (end > start && isPadding(field[end - 1])) end -= 1
  let value = 0
  for (let position = start; position < end; position += 1) {
    const byte = field[position] ?? 0
    // Text after a NUL is left over from an older, longer value.
    if (byte === 0) break
    if (byte < 0x30 || byte > 0x37) throw invalid(name, offset)
    value = value * 8 + (byte - 0x30)
  }
  if (value > Number.MAX_SAFE_INTEGER) throw invalid(name, offset)
  return value
}

function isPadding(byte: number | undefined): boolean {
  return byte === 0 || byte === 0x20
}

function parseBase256(field: Uint8Array, name: string, offset: number): number {
  const negative = ((field[0] ?? 0) & 0x40) !== 0
  let value = negative ? -1n : 0n
  for (const [position, byte] of field.entries()) {
    const bits = position === 0 ? (byte & 0x7f) | (negative ? 0x80 : 0) : byte
    value = BigInt.asIntN(200, (value << 8n) | BigInt(bits))
  }
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw invalid(name, offset)
  return number
}

function invalid(name: string, offset: number): ImageError {
  return new ImageError('TAR_INVALID', `tar header at byte ${offset}: ${name} is not a number in range`, {
    offset,
  })
}

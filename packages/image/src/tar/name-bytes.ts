const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads a name as UTF-8; each byte that is not part of valid UTF-8 becomes a lone surrogate U+DC80 to U+DCFF, so
 * that {@link encodeName} gives the same bytes back.
 */
export function decodeName(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (isAscii(bytes)) return buffer.toString('latin1')
  try {
    return strict.decode(bytes)
  } catch {
    return decodeEscaped(bytes)
  }
}

/** Writes a name as bytes; lone surrogates U+DC80 to U+DCFF become the single bytes that they stand for. */
export function encodeName(name: string): Uint8Array {
  if (name.isWellFormed()) return Buffer.from(name, 'utf8')
  const parts: Uint8Array[] = []
  for (const character of name) {
    const code = character.codePointAt(0) ?? 0
    parts.push(
      code >= 0xdc80 && code <= 0xdcff ? Uint8Array.of(code - 0xdc00) : Buffer.from(character, 'utf8'),
    )
  }
  return Buffer.concat(parts)
}

function isAscii(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte >= 0x80) return false
  return true
}

function decodeEscaped(bytes: Uint8Array): string {
  let text = ''
  let position = 0
  while (position < bytes.length) {
    const length = sequenceLength(bytes, position)
    if (length === 0) {
      text += String.fromCharCode(0xdc00 + (bytes[position] ?? 0))
      position += 1
    } else {
      text += strict.decode(bytes.subarray(position, position + length))
      position += length
    }
  }
  return text
}

/** Length of the valid UTF-8 sequence at `position`, 0 when there is none. */
function sequenceLength(bytes: Uint8Array, position: number): number {
  const first = bytes[position] ?? 0
  if (first < 0x80) return 1
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
  const sequence = bytes.subarray(position, position + length)
  if (sequence.length < length) return 0
  try {
    strict.decode(sequence)
    return length
  } catch {
    return 0
  }
}

/**
 * An ECDSA signature in DER (RFC 3279, section 2.2.3) from its two numbers one after the other, as JOSE has it
 * (RFC 7518, section 3.4); `undefined` when it has not the length for a curve of `bytes` bytes.
 */
export function toDerSignature(raw: Uint8Array, bytes: number): Uint8Array | undefined {
  if (raw.byteLength !== 2 * bytes) return undefined
  const content = Buffer.concat([toInteger(raw.subarray(0, bytes)), toInteger(raw.subarray(bytes))])
  return Buffer.concat([headerOf(0x30, content.byteLength), content])
}

function toInteger(number: Uint8Array): Buffer {
  let start = 0
  while (start < number.byteLength - 1 && number[start] === 0) start++
  const digits = number.subarray(start)
  // A first bit would make it negative.
  const sign = (digits[0] ?? 0) & 0x80 ? [0] : []
  return Buffer.concat([headerOf(0x02, digits.byteLength + sign.length), Buffer.from(sign), digits])
}

/** No signature of our curves is longer than 255 bytes. */
function headerOf(tag: number, length: number): Buffer {
  return Buffer.from(length < 0x80 ? [tag, length] : [tag, 0x81, length])
}

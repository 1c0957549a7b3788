import { der, derInteger, derTag } from '../internal/der.ts'

/**
 * An ECDSA signature in DER (RFC 3279, section 2.2.3) from its two numbers one after the other, as JOSE has it
 * (RFC 7518, section 3.4); `undefined` when it has not the length for a curve of `bytes` bytes.
 */
export function toDerSignature(raw: Uint8Array, bytes: number): Uint8Array | undefined {
  if (raw.byteLength !== 2 * bytes) return undefined
  return der(derTag.sequence, derInteger(raw.subarray(0, bytes)), derInteger(raw.subarray(bytes)))
}

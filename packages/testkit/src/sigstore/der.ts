/** Encodes one DER value; for the few structures that no schema of a library describes. */
export function encodeDer(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content])
  const digits = Buffer.from(
    length.toString(16).padStart(length > 0xffff ? 6 : length > 0xff ? 4 : 2, '0'),
    'hex',
  )
  return Buffer.concat([Buffer.from([tag, 0x80 | digits.length]), digits, content])
}

export const derTag = { octetString: 0x04, utf8String: 0x0c, sequence: 0x30, set: 0x31 } as const

/** The bytes of a buffer in an `ArrayBuffer` of their own, which is what the ASN.1 schemas hold. */
export const toArrayBuffer = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer

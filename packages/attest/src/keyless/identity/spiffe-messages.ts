import { AttestError } from '../../errors.ts'

/** A JWT-SVID as the Workload API gives it. */
export interface JwtSvid {
  readonly spiffeId: string
  readonly token: string
}

/** Frames one uncompressed message, as gRPC does. */
export function frameMessage(message: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.byteLength, 1)
  return Buffer.concat([head, message])
}

/** `JWTSVIDRequest { repeated string audience = 1; string spiffe_id = 2; }` */
export function encodeJwtSvidRequest(audience: string, spiffeId: string | undefined): Buffer {
  return Buffer.concat([
    encodeField(1, Buffer.from(audience)),
    ...(spiffeId === undefined ? [] : [encodeField(2, Buffer.from(spiffeId))]),
  ])
}

/**
 * Reads a framed `JWTSVIDResponse { repeated JWTSVID svids = 1; }` of `JWTSVID { string spiffe_id = 1; string svid = 2; }`.
 *
 * @throws {AttestError} `IDENTITY_UNAVAILABLE` when it is anything else.
 */
export function decodeJwtSvids(framed: Uint8Array): readonly JwtSvid[] {
  const bytes = Buffer.from(framed)
  if (bytes.byteLength < 5 || bytes[0] !== 0 || bytes.readUInt32BE(1) !== bytes.byteLength - 5)
    throw malformed()
  return readFields(bytes.subarray(5))
    .filter(({ number }) => number === 1)
    .map(({ value }) => {
      const fields = readFields(value)
      const text = (wanted: number): string =>
        fields.find(({ number }) => number === wanted)?.value.toString('utf8') ?? ''
      return { spiffeId: text(1), token: text(2) }
    })
    .filter(({ token }) => token !== '')
}

/** Encodes a length-delimited field (protocol buffers, wire type 2). */
export function encodeField(number: number, value: Uint8Array): Buffer {
  const length: number[] = []
  let rest = value.byteLength
  for (; rest > 0x7f; rest >>>= 7) length.push((rest & 0x7f) | 0x80)
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length, rest]), value])
}

interface Field {
  readonly number: number
  readonly value: Buffer
}

/** All fields of these messages are length-delimited; anything else is malformed. */
function readFields(message: Buffer): readonly Field[] {
  const fields: Field[] = []
  for (let at = 0; at < message.byteLength;) {
    const [tag, start] = readVarint(message, at)
    if ((tag & 7) !== 2) throw malformed()
    const [length, from] = readVarint(message, start)
    if (length > message.byteLength - from) throw malformed()
    fields.push({ number: tag >>> 3, value: message.subarray(from, from + length) })
    at = from + length
  }
  return fields
}

function readVarint(message: Buffer, at: number): readonly [value: number, next: number] {
  let value = 0
  for (let index = 0; index < 4; index++) {
    const byte = message[at + index]
    if (byte === undefined) throw malformed()
    value |= (byte & 0x7f) << (7 * index)
    if (byte < 0x80) return [value, at + index + 1]
  }
  throw malformed()
}

function malformed(): AttestError {
  return new AttestError('IDENTITY_UNAVAILABLE', 'the SPIFFE agent: the answer is malformed')
}

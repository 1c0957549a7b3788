import { createHash } from 'node:crypto'
import { der, derInteger, derOid, derTag } from '../internal/der.ts'
import { loadCore } from '../internal/load-libraries.ts'

/** What is asked from a timestamp authority, and what its answer must repeat. */
export interface TimestampRequest {
  /** SHA-256 of the bytes to be timestamped. */
  readonly imprint: Buffer
  /** Random; so an old answer can't be given again. */
  readonly nonce: Uint8Array
}

/** Asks for a timestamp over the SHA-256 of some bytes. */
export function toTimestampRequest(content: Uint8Array, nonce: Uint8Array): TimestampRequest {
  return { imprint: createHash('sha256').update(content).digest(), nonce }
}

/** Writes a `TimeStampReq` that wants the authority's certificate in the answer (RFC 3161, section 2.4.1). */
export function encodeTimestampRequest({ imprint, nonce }: TimestampRequest): Buffer {
  const algorithm = der(derTag.sequence, derOid('2.16.840.1.101.3.4.2.1'), der(derTag.null))
  return der(
    derTag.sequence,
    derInteger(Buffer.from([1])),
    der(derTag.sequence, algorithm, der(derTag.octetString, imprint)),
    derInteger(nonce),
    der(derTag.boolean, Buffer.from([0xff])),
  )
}

/**
 * Why a `TimeStampResp` is no answer to the request; `undefined` when it is one: granted, over the same bytes, with the
 * same nonce (RFC 3161, section 2.4.2). The authority's signature is for the verifier, who knows its certificate.
 */
export function whyNoTimestamp(
  response: Uint8Array,
  { imprint, nonce }: TimestampRequest,
): string | undefined {
  const { RFC3161Timestamp } = loadCore()
  try {
    const timestamp = RFC3161Timestamp.parse(Buffer.from(response))
    if (timestamp.status !== 0n && timestamp.status !== 1n)
      return `the authority did not grant it (status ${timestamp.status})`
    const { tstInfo } = timestamp
    if (
      tstInfo.messageImprintHashAlgorithm !== 'sha256' ||
      !imprint.equals(tstInfo.messageImprintHashedMessage)
    )
      return 'it is for something else'
    // After the time come, all optional: accuracy (SEQUENCE), ordering (BOOLEAN), nonce (INTEGER).
    const repeated = tstInfo.root.subs.slice(5).find(({ tag }) => tag.isInteger())
    if (!repeated || !derInteger(nonce).equals(repeated.toDER())) return 'it repeats another nonce'
    return undefined
  } catch {
    // The parser's errors are about its own inside.
    return 'it is no timestamp'
  }
}

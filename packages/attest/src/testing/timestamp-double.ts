import { ASN1Obj } from '@sigstore/core'
import { der, derInteger, derOid, derTag } from '../internal/der.ts'
import { type ScriptedService, startScriptedService } from './scripted-service.ts'

/** What a timestamp authority of a test repeats, and how it decides. */
export interface TimestampDoubleAnswer {
  /** PKIStatus (RFC 3161, section 2.4.2). Default 0, granted. */
  readonly status?: number | undefined
  readonly imprint: Uint8Array
  /** Left out of the answer when missing. */
  readonly nonce?: Uint8Array | undefined
}

/** Writes a `TimeStampResp` whose signature nobody has made. */
export function encodeTimestampResponse({ status = 0, imprint, nonce }: TimestampDoubleAnswer): Buffer {
  const statusInfo = der(derTag.sequence, derInteger(Buffer.from([status])))
  const sha256 = der(derTag.sequence, derOid('2.16.840.1.101.3.4.2.1'), der(derTag.null))
  const info = der(
    derTag.sequence,
    derInteger(Buffer.from([1])),
    derOid('1.3.6.1.4.1.57264.2'),
    der(derTag.sequence, sha256, der(derTag.octetString, imprint)),
    derInteger(Buffer.from([7])),
    // With fewer fractional digits than three, as DER wants it of a round time.
    der(0x18, Buffer.from('20260102030405.5Z')),
    der(derTag.sequence, derInteger(Buffer.from([1]))),
    ...(nonce === undefined ? [] : [derInteger(nonce)]),
  )
  const content = der(
    derTag.sequence,
    derOid('1.2.840.113549.1.9.16.1.4'),
    der(0xa0, der(derTag.octetString, info)),
  )
  const signedData = der(
    derTag.sequence,
    derInteger(Buffer.from([3])),
    der(derTag.set, sha256),
    content,
    der(derTag.set),
  )
  return der(
    derTag.sequence,
    statusInfo,
    der(derTag.sequence, derOid('1.2.840.113549.1.7.2'), der(0xa0, signedData)),
  )
}

/** Answers requests for timestamps; `change` makes the answer another one than asked for. */
export async function startTimestampDouble(
  change: (answer: TimestampDoubleAnswer) => TimestampDoubleAnswer = (answer) => answer,
): Promise<ScriptedService> {
  return startScriptedService(({ headers, body }) => {
    if (headers['content-type'] !== 'application/timestamp-query') return { status: 400 }
    const [, imprint, nonce] = ASN1Obj.parseBuffer(Buffer.from(body)).subs
    const asked = { imprint: imprint?.subs[1]?.value ?? Buffer.alloc(0), nonce: nonce?.value }
    return {
      status: 201,
      headers: { 'content-type': 'application/timestamp-reply' },
      body: encodeTimestampResponse(change(asked)),
    }
  })
}

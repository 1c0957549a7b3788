import { digestOf, parseStrictJson } from '@sallyport/core'
import { createSigstore, type SignedBundle } from '@sallyport/testkit/sigstore'
import { describe, expect, it, vi } from 'vitest'
import { der, derTag } from '../internal/der.ts'
import { parseStatement } from '../statement/parse-statement.ts'
import { parseTrustedRoot } from '../trust/trusted-root.ts'
import { parseDer } from './signature/der.ts'
import { readLogEntryBody } from './signature/log-entry-body.ts'
import { openCandidate } from './open-candidate.ts'
import { openEnvelope } from './open-envelope.ts'
import { verifyBundle } from './verify-bundle.ts'

const time = Date.UTC(2026, 2, 3, 4, 5, 6)
const sigstore = createSigstore({ clock: () => time })
const root = parseTrustedRoot(JSON.stringify(sigstore.trustedRoot))
const file = Buffer.from('an artifact')
const good = sigstore.sign({ file })
/** Well-formed, and nothing but size: 60,000 elements of two bytes. */
const endless = der(derTag.sequence, Buffer.alloc(120_000, Buffer.from([derTag.null, 0])))
const many = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item)

function outcome({ bundle }: SignedBundle, material: object): unknown {
  const changed = { ...bundle, verificationMaterial: { ...bundle.verificationMaterial, ...material } }
  const verdict = verifyBundle(Buffer.from(JSON.stringify(changed)), { bytes: file }, { root })
  return verdict.verified ? 'verified' : verdict.reason
}

describe('what anybody can store beside an image', () => {
  it('is not parsed as DER when it is larger than certificates and timestamps are', () => {
    expect(parseDer(endless)).toBeUndefined()
    expect(outcome(good, { certificate: { rawBytes: endless.toString('base64') } })).toBe(
      'certificate-invalid',
    )
    const rfc3161Timestamps = [{ signedTimestamp: endless.toString('base64') }]
    expect(outcome(good, { timestampVerificationData: { rfc3161Timestamps } })).toBe('timestamp-invalid')
  })

  it('is not built from JSON before its depth is known', () => {
    const parse = vi.spyOn(JSON, 'parse')
    try {
      const bytes = Buffer.from(`${'['.repeat(300)}${']'.repeat(300)}`)
      expect(() => parseStrictJson(bytes)).toThrowError(/nested deeper/)
      expect(parse).not.toHaveBeenCalled()
    } finally {
      parse.mockRestore()
    }
  })

  it('is not built from JSON when it has more values than a bundle or an envelope', () => {
    expect(() => parseStrictJson(Buffer.from('[1,2,3,4]'), { maxValues: 3 })).toThrowError(/more than 3/)
    expect(parseStrictJson(Buffer.from('[1,2,3]'), { maxValues: 3 })).toEqual([1, 2, 3])
    expect(outcome(good, { tlogEntries: many(20_000, {}) })).toBe('bundle-invalid')
    const signatures = many(20_000, { sig: 'AA==' })
    expect(() =>
      openEnvelope(Buffer.from(JSON.stringify({ payloadType: '', payload: '', signatures }))),
    ).toThrowError(/more than/)
  })

  it.each([
    ['subjects', { subject: many(4097, { digest: { sha256: 'x' } }) }],
    [
      'digests',
      { subject: [{ digest: Object.fromEntries(many(40, 'x').map((value, at) => [`a${at}`, value])) }] },
    ],
    [
      'annotations',
      {
        subject: [
          {
            digest: { sha256: 'x' },
            annotations: Object.fromEntries(many(2000, 'x').map((value, at) => [`a${at}`, value])),
          },
        ],
      },
    ],
  ])('is no statement with more %s than anybody needs', (_, part) => {
    const statement = { _type: 'https://in-toto.io/Statement/v1', predicateType: 'x', ...part }
    expect(() => parseStatement(Buffer.from(JSON.stringify(statement)))).toThrowError(
      expect.objectContaining({ code: 'STATEMENT_INVALID' }),
    )
  })

  it('is no simple signing payload of any size', () => {
    const bytes = Buffer.from(
      JSON.stringify({
        critical: {
          identity: { 'docker-reference': '' },
          image: { 'docker-manifest-digest': digestOf('x') },
          type: 'cosign container image signature',
        },
        optional: { note: 'x'.repeat(300_000) },
      }),
    )
    const blob = {
      mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
      digest: digestOf(bytes),
      size: bytes.length,
      annotations: { 'dev.cosignproject.cosign/signature': 'AA==' },
    }
    const candidate = { store: 'legacy-signature', manifest: digestOf('m'), blob, position: 0 } as const
    expect(() => openCandidate({ ...candidate, repository: undefined as never }, bytes)).toThrowError(
      expect.objectContaining({ reason: 'limit-exceeded' }),
    )
  })

  it('is no log entry of any size', () => {
    const [entry] = good.bundle.verificationMaterial.tlogEntries
    const body = Buffer.from(entry?.canonicalizedBody ?? '', 'base64')
    const kind = { kind: 'hashedrekord', version: '0.0.2' }
    expect(readLogEntryBody(body, kind)).toMatchObject({ algorithm: 'sha256' })
    const padded = Buffer.concat([body, Buffer.alloc(300_000, ' ')])
    expect(() => readLogEntryBody(padded, kind)).toThrowError(
      expect.objectContaining({ reason: 'log-invalid' }),
    )
  })
})

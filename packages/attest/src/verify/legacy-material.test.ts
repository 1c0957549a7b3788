import { X509Certificate } from 'node:crypto'
import { createSigstore } from '@sallyport/testkit/sigstore'
import { describe, expect, it } from 'vitest'
import { legacyAnnotations } from '../storage/legacy-annotations.ts'
import { wireFormat } from '../storage/wire-format.ts'
import { readLegacyMaterial } from './legacy-material.ts'
import { openBundle } from './open-bundle.ts'

const sigstore = createSigstore()
const { bundle, certificate } = sigstore.sign({ payload: '{}' }, { rekor: [1] })
const { material } = openBundle(Buffer.from(JSON.stringify(bundle)))
const pemOf = (der: Uint8Array): string => new X509Certificate(der).toString()
const leaf = pemOf(certificate!)
const chain = sigstore.certificateAuthority.chain
const good = legacyAnnotations(
  {
    signature: material.signature,
    keyId: '',
    publicKey: '',
    certificate: { leaf, chain: chain.map(pemOf) },
    testimony: { tlogEntries: material.logEntries, timestamps: material.timestamps },
  },
  'sig',
)
const names = wireFormat.annotations

describe('readLegacyMaterial', () => {
  it('reads what legacyAnnotations writes', () => {
    const [entry] = material.logEntries
    expect(readLegacyMaterial(good)).toEqual({
      certificate: { leaf: certificate, chain: chain.map((each) => Buffer.from(each)) },
      // The annotation has no place for a proof.
      logEntries: [{ ...entry, inclusionProof: undefined }],
      timestamps: material.timestamps,
    })
  })

  it.each([
    ['nothing', {}],
    ['null, as cosign writes where it has nothing', { [names.logEntry]: 'null', [names.timestamp]: 'null' }],
  ])('reads %s as nothing', (_, annotations) => {
    expect(readLegacyMaterial(annotations)).toEqual({
      certificate: undefined,
      logEntries: [],
      timestamps: [],
    })
  })

  const entry = JSON.parse(good[names.logEntry] ?? '') as { Payload: object }
  const withPayload = (part: object): string =>
    JSON.stringify({ ...entry, Payload: { ...entry.Payload, ...part } })
  it.each<[string, string, string, string]>([
    ['two certificates for one', 'certificate-invalid', names.certificate, leaf + leaf],
    ['something behind the certificate', 'certificate-invalid', names.certificate, `${leaf}x`],
    ['something before the certificate', 'certificate-invalid', names.certificate, `x${leaf}`],
    ['no certificate', 'certificate-invalid', names.certificate, 'x'],
    [
      'a public key for a certificate',
      'certificate-invalid',
      names.certificate,
      leaf.replaceAll('CERTIFICATE', 'PUBLIC KEY'),
    ],
    [
      'something between the chain',
      'certificate-invalid',
      names.chain,
      `${pemOf(chain[0]!)}x${pemOf(chain[0]!)}`,
    ],
    ['a chain of any length', 'certificate-invalid', names.chain, `${leaf}${'\n'.repeat(300_000)}`],
    ['a field twice', 'log-invalid', names.logEntry, JSON.stringify(entry).replace('{', '{"Payload":{},')],
    ['more behind the entry', 'log-invalid', names.logEntry, `${JSON.stringify(entry)}{}`],
    ['an entry without a promise', 'log-invalid', names.logEntry, JSON.stringify({ Payload: entry.Payload })],
    ['a time before 1970', 'log-invalid', names.logEntry, withPayload({ integratedTime: -1 })],
    ['a time that is no whole number', 'log-invalid', names.logEntry, withPayload({ integratedTime: 1.5 })],
    ['an index that is text', 'log-invalid', names.logEntry, withPayload({ logIndex: '1' })],
    ['the id of a log cut short', 'log-invalid', names.logEntry, withPayload({ logID: 'ab' })],
    ['a body that is no JSON', 'log-invalid', names.logEntry, withPayload({ body: 'AAAA' })],
    [
      'a timestamp in base64 of another spelling',
      'timestamp-invalid',
      names.timestamp,
      '{"SignedRFC3161Timestamp":"AA"}',
    ],
    ['an empty timestamp', 'timestamp-invalid', names.timestamp, '{"SignedRFC3161Timestamp":""}'],
  ])('refuses %s', (_, reason, name, text) => {
    expect(() => readLegacyMaterial({ ...good, [name]: text })).toThrow(expect.objectContaining({ reason }))
  })
})

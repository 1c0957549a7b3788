import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { bundleFromJSON, type SerializedBundle, type TransparencyLogEntry } from '@sigstore/bundle'
import { createSigstore } from '@sallyport/testkit/sigstore'
import { describe, expect, it } from 'vitest'
import { preAuthEncoding, statementPayloadType } from '../../statement/pre-auth-encoding.ts'
import { resolveTrust } from '../../trust/resolve-trust.ts'
import { parseTrustedRoot } from '../../trust/trusted-root.ts'
import { verifySignature } from './verify-signature.ts'

const time = new Date('2026-03-03T00:00:00Z')
const sigstore = createSigstore({ clock: () => time.getTime() })
const payload = Buffer.from('{}')
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pemOf = (key: typeof publicKey): string => key.export({ type: 'spki', format: 'pem' }).toString()
const signature = sign('sha256', preAuthEncoding(statementPayloadType, payload), privateKey)
const document = Buffer.from(
  JSON.stringify({
    payloadType: statementPayloadType,
    payload: payload.toString('base64'),
    signatures: [{ sig: signature.toString('base64') }],
  }),
)
const signed = { kind: 'envelope', payloadType: statementPayloadType, payload, document } as const
const trust = resolveTrust({
  keys: [pemOf(publicKey)],
  root: parseTrustedRoot(JSON.stringify(sigstore.trustedRoot)),
  thresholds: { log: 1, time: 1 },
})

/** What cosign 1 logged of an attestation: `intoto` 0.0.1, with a promise alone. */
function entryOf(
  envelope: Uint8Array,
  key: typeof publicKey = publicKey,
  by = sigstore,
): TransparencyLogEntry {
  const value = createHash('sha256').update(envelope).digest('hex')
  const { inclusionProof: _, ...entry } = by.rekorV1.append({
    kind: 'intoto',
    apiVersion: '0.0.1',
    spec: {
      content: { hash: { algorithm: 'sha256', value } },
      publicKey: Buffer.from(pemOf(key)).toString('base64'),
    },
  })
  const { bundle } = sigstore.sign({ file: 'x' }, { rekor: [] })
  const json = {
    ...bundle,
    mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
    verificationMaterial: { publicKey: { hint: '' }, tlogEntries: [entry] },
  }
  const [parsed] = bundleFromJSON(json as unknown as SerializedBundle).verificationMaterial.tlogEntries
  return parsed!
}

const good = entryOf(document)
const verify = (
  entry: TransparencyLogEntry,
  about: Parameters<typeof verifySignature>[0]['signed'] = signed,
) => verifySignature({ signed: about, signature, logEntries: [entry], timestamps: [] }, trust)

describe('verifySignature with a log entry of cosign 1', () => {
  it('takes its time from the promise', () => {
    expect(verify(good)).toMatchObject({
      times: [{ source: 'log', time }],
      logEntries: [{ integratedAt: time }],
    })
  })

  it.each<[string, TransparencyLogEntry]>([
    [
      'with another time than was promised',
      { ...good, integratedTime: `${Number(good.integratedTime) - 1}` },
    ],
    ['that was promised to be at another index', { ...good, logIndex: '77' }],
    [
      'with the promise of another entry',
      { ...good, inclusionPromise: entryOf(Buffer.from('x')).inclusionPromise },
    ],
    ['that nothing promises', { ...good, inclusionPromise: undefined }],
    [
      'with a promise of a stranger',
      { ...entryOf(document, publicKey, createSigstore()), logId: good.logId },
    ],
    ['about another envelope', entryOf(Buffer.concat([document, Buffer.from(' ')]))],
    [
      'that names another key',
      entryOf(document, generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey),
    ],
  ])('refuses one %s', (_, entry) => {
    expect(() => verify(entry)).toThrow(expect.objectContaining({ reason: 'log-invalid' }))
  })

  it.each([
    ['an envelope of which the document is not there', { ...signed, document: undefined }],
    ['a message', { kind: 'message', content: preAuthEncoding(statementPayloadType, payload) } as const],
  ])('refuses one for %s', (_, about) => {
    expect(() => verify(good, about)).toThrow(expect.objectContaining({ reason: 'log-invalid' }))
  })
})

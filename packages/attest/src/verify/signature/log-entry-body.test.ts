import { generateKeyPairSync } from 'node:crypto'
import { createSigstore } from '@sallyport/testkit/sigstore'
import { describe, expect, it } from 'vitest'
import { spkiOf } from '../../signing/spki-of.ts'
import { readLogEntryBody } from './log-entry-body.ts'

const sigstore = createSigstore()
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const { bundle, certificate } = sigstore.sign({ payload: '{}' }, { rekor: [], key: privateKey })
const envelope = bundle.dsseEnvelope!

type Logged = Parameters<typeof sigstore.logEntry>[1]
const bodyOf = (version: 1 | 2, logged: Logged): string =>
  Buffer.from(sigstore.logEntry(version, logged).canonicalizedBody, 'base64').toString()

const digest = { digest: Buffer.alloc(32, 1), signature: Buffer.from('signature') }
const bodies = {
  'hashedrekord/0.0.1': bodyOf(1, { ...digest, verifier: publicKey }),
  'dsse/0.0.1': bodyOf(1, { envelope, verifier: publicKey }),
  'intoto/0.0.2': bodyOf(1, { envelope, verifier: publicKey, kind: 'intoto' }),
  'hashedrekord/0.0.2': bodyOf(2, { ...digest, verifier: publicKey }),
} as const
type Name = keyof typeof bodies

function read(name: string, body: string): ReturnType<typeof readLogEntryBody> {
  const [kind = '', version = ''] = name.split('/')
  return readLogEntryBody(Buffer.from(body), { kind, version })
}

const twice = JSON.parse(bodies['dsse/0.0.1']) as { spec: { signatures: unknown[] } }
twice.spec.signatures.push(twice.spec.signatures[0])
const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64')
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

describe('readLogEntryBody', () => {
  it.each(Object.entries(bodies))('reads key and signature of %s', (name, body) => {
    expect(read(name, body).verifier).toEqual({ kind: 'key', der: spkiOf(publicKey) })
    expect(Buffer.isBuffer(read(name, body).signature)).toBe(true)
  })

  it.each([1, 2] as const)('reads the certificate of an entry of Rekor v%i', (version) => {
    const body = bodyOf(version, { ...digest, verifier: certificate! })
    expect(read(`hashedrekord/0.0.${version}`, body).verifier).toEqual({
      kind: 'certificate',
      der: certificate,
    })
  })

  it.each<[string, string, string]>([
    ['of a kind that nobody knows', 'rfc3161/0.0.1', bodies['dsse/0.0.1']],
    ['of a version that nobody knows', 'dsse/0.0.3', bodies['dsse/0.0.1']],
    ['of a kind that every object has', 'toString/0.0.1', bodies['dsse/0.0.1']],
    ['that says it is of another kind', 'dsse/0.0.1', bodies['hashedrekord/0.0.1']],
    [
      'that says it is of another version',
      'hashedrekord/0.0.1',
      bodies['hashedrekord/0.0.1'].replace('"apiVersion":"0.0.1"', '"apiVersion":"0.0.2"'),
    ],
    ['with a field twice', 'dsse/0.0.1', bodies['dsse/0.0.1'].replace('{', '{"kind":"dsse",')],
    ['with more behind it', 'dsse/0.0.1', `${bodies['dsse/0.0.1']}{}`],
    ['with two signatures', 'dsse/0.0.1', JSON.stringify(twice)],
    [
      'with a key and a certificate',
      'hashedrekord/0.0.2',
      bodies['hashedrekord/0.0.2'].replace(
        '"publicKey":',
        `"x509Certificate":{"rawBytes":"${base64(certificate!)}"},"publicKey":`,
      ),
    ],
    ['without a key', 'hashedrekord/0.0.2', bodies['hashedrekord/0.0.2'].replace('"publicKey":', '"key":')],
    [
      'with two keys',
      'hashedrekord/0.0.1',
      bodies['hashedrekord/0.0.1'].replace(base64(pem), base64(pem + pem)),
    ],
    [
      'with a private key',
      'hashedrekord/0.0.1',
      bodies['hashedrekord/0.0.1'].replace(base64(pem), base64(privatePem)),
    ],
    [
      'with an empty signature',
      'hashedrekord/0.0.1',
      bodies['hashedrekord/0.0.1'].replace(base64('signature'), ''),
    ],
    [
      'with a hash that nobody should use',
      'hashedrekord/0.0.1',
      bodies['hashedrekord/0.0.1'].replace('"sha256"', '"sha1"'),
    ],
  ])('refuses one %s', (_, name, body) => {
    if (name in bodies) expect(body).not.toBe(bodies[name as Name])
    expect(() => read(name, body)).toThrow(expect.objectContaining({ reason: 'log-invalid' }))
  })
})

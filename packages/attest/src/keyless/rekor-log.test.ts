import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import type { SignedContent } from '../ports/witness.ts'
import { generateSigningKey } from '../signing/generate-signing-key.ts'
import { keySigner } from '../signing/key-signer.ts'
import { preAuthEncoding, statementPayloadType } from '../statement/pre-auth-encoding.ts'
import { tokenTime } from '../testing/identity-token.ts'
import { createAuthority, issueCertificate } from '../testing/issue-certificate.ts'
import { type RekorDoubleOptions, startRekorV1Double, startRekorV2Double } from '../testing/rekor-double.ts'
import type { ScriptedService } from '../testing/scripted-service.ts'
import { rekorLog } from './rekor-log.ts'

const payload = Buffer.from('{"_type":"https://in-toto.io/Statement/v1"}')
const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey
const leaf = issueCertificate({
  name: 'leaf',
  publicKey: pair.publicKey,
  issuer: createAuthority('root', { at: tokenTime }),
  notBefore: tokenTime,
  notAfter: tokenTime,
})
const certificate = { leaf, chain: [] }

async function signEnvelope(key: KeyObject = pair.privateKey, isCertified = false): Promise<SignedContent> {
  const { sign, ...signer } = keySigner(key)
  const content = preAuthEncoding(statementPayloadType, payload)
  const signature = await sign(content)
  const sig = Buffer.from(signature).toString('base64')
  const envelope = {
    payloadType: statementPayloadType,
    payload: payload.toString('base64'),
    signatures: [{ sig }],
  }
  return {
    content,
    signature,
    signer: { ...signer, certificate: isCertified ? certificate : undefined },
    envelope: Buffer.from(JSON.stringify(envelope)),
  }
}

async function signText(): Promise<SignedContent> {
  const { envelope: _, ...signed } = await signEnvelope()
  return signed
}

const services: ScriptedService[] = []
afterEach(async () => {
  for (const service of services.splice(0)) await service[Symbol.asyncDispose]()
})

async function start(version: 1 | 2, options?: RekorDoubleOptions): Promise<string> {
  const service = await (version === 1 ? startRekorV1Double(options) : startRekorV2Double(options))
  services.push(service)
  return service.url
}

const bodyOf = (bytes: Uint8Array | undefined): unknown => JSON.parse(Buffer.from(bytes ?? []).toString())

describe('rekorLog', () => {
  it.each<[string, 1 | 2, () => Promise<SignedContent>, string]>([
    ['an envelope by a key, version 1', 1, () => signEnvelope(), 'dsse/0.0.1'],
    ['an envelope with a certificate, version 1', 1, () => signEnvelope(pair.privateKey, true), 'dsse/0.0.1'],
    ['an envelope by an RSA key, version 1', 1, () => signEnvelope(rsa), 'dsse/0.0.1'],
    ['another payload, version 1', 1, signText, 'hashedrekord/0.0.1'],
    ['an envelope by a key, version 2', 2, () => signEnvelope(), 'hashedrekord/0.0.2'],
    [
      'an envelope with a certificate, version 2',
      2,
      () => signEnvelope(pair.privateKey, true),
      'hashedrekord/0.0.2',
    ],
    ['an envelope by an RSA key, version 2', 2, () => signEnvelope(rsa), 'hashedrekord/0.0.2'],
    ['another payload, version 2', 2, signText, 'hashedrekord/0.0.2'],
  ])('logs %s', async (_, version, sign, expected) => {
    const { tlogEntries } = await rekorLog({ url: await start(version), version }).witness(await sign())
    expect(tlogEntries?.map(({ kindVersion: { kind, version } }) => `${kind}/${version}`)).toEqual([expected])
  })

  it('keeps proof and promise of version 1, and asks version 2 for no time', async () => {
    const signed = await signEnvelope()
    const [one] = (await rekorLog({ url: await start(1), version: 1 }).witness(signed)).tlogEntries ?? []
    expect(one).toMatchObject({
      logIndex: '5',
      integratedTime: '1767323045',
      logId: {
        keyId: Buffer.from('c0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d', 'hex'),
      },
      inclusionPromise: { signedEntryTimestamp: Buffer.from('promise') },
      inclusionProof: { logIndex: '1', treeSize: '2', hashes: [Buffer.alloc(32, 0xab)] },
    })
    const [two] = (await rekorLog({ url: await start(2), version: 2 }).witness(signed)).tlogEntries ?? []
    expect(two).toMatchObject({ logIndex: '0', integratedTime: '0', inclusionPromise: undefined })
    expect(two?.inclusionProof).toMatchObject({ logIndex: '0', treeSize: '1', hashes: [] })
  })

  it.each([
    ['a key', false, 'publicKey'],
    ['a certificate', true, 'x509Certificate'],
  ])('names %s to version 2, with the algorithm', async (_, isCertified, field) => {
    const signed = await signEnvelope(pair.privateKey, isCertified)
    const [entry] = (await rekorLog({ url: await start(2), version: 2 }).witness(signed)).tlogEntries ?? []
    const verifier = {
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      [field]: { rawBytes: expect.any(String) as unknown },
    }
    expect(bodyOf(entry?.canonicalizedBody)).toMatchObject({
      spec: { hashedRekordV002: { data: { algorithm: 'SHA2_256' }, signature: { verifier } } },
    })
  })

  it.each([
    ['ecdsa-sha2-384-nistp384', 'PKIX_ECDSA_P384_SHA_384', 'SHA2_384'],
    ['ecdsa-sha2-256-nistp384', 'PKIX_ECDSA_P384_SHA_256', 'SHA2_256'],
    ['ecdsa-sha2-512-nistp521', 'PKIX_ECDSA_P521_SHA_512', 'SHA2_512'],
    ['rsa-sign-pss-2048-sha256', 'PKIX_RSA_PSS_2048_SHA256', 'SHA2_256'],
    ['ed25519-ph', 'PKIX_ED25519_PH', 'SHA2_512'],
  ] as const)('logs a signature in %s as %s over %s', async (algorithm, keyDetails, hash) => {
    const { content } = await signText()
    const signer = keySigner(generateSigningKey({ algorithm }).privateKey, { algorithm })
    const signed = { content, signature: await signer.sign(content), signer }
    const [entry] = (await rekorLog({ url: await start(2), version: 2 }).witness(signed)).tlogEntries ?? []
    expect(bodyOf(entry?.canonicalizedBody)).toMatchObject({
      spec: { hashedRekordV002: { data: { algorithm: hash }, signature: { verifier: { keyDetails } } } },
    })
  })

  it('fetches the entry that version 1 has already', async () => {
    const url = await start(1, { conflict: true })
    const { tlogEntries } = await rekorLog({ url, version: 1 }).witness(await signEnvelope())
    expect(tlogEntries).toHaveLength(1)
    expect(services[0]?.requests.map(({ method }) => method)).toEqual(['POST', 'GET'])
  })

  it.each<[string, 1 | 2, string | true, string]>([
    ['to another host, version 1', 1, 'https://elsewhere.example/api/v1/log/entries/1', 'SERVICE_INVALID'],
    ['to another path, version 1', 1, '/api/v1/index', 'SERVICE_INVALID'],
    ['nowhere, version 2', 2, true, 'SERVICE_REFUSED'],
  ])('refuses a known entry that leads %s', async (_, version, conflict, code) => {
    const log = rekorLog({ url: await start(version, { conflict }), version })
    await expect(log.witness(await signEnvelope())).rejects.toMatchObject({ code })
    expect(services[0]?.requests).toHaveLength(1)
  })

  const otherKey = Buffer.from(generateSigningKey().publicKey).toString('base64')
  const otherDer =
    otherKey &&
    generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  it.each<[string, 1 | 2, 'envelope' | 'text', (body: string) => string]>([
    ['another payload', 1, 'envelope', (body) => body.replace(/("payloadHash".*?"value":")../, '$1zz')],
    ['another signature', 1, 'envelope', (body) => body.replace(/"signature":"..../, '"signature":"AAAA')],
    ['another key', 1, 'envelope', (body) => body.replace(/"verifier":"[^"]*"/, `"verifier":"${otherKey}"`)],
    ['no key', 1, 'envelope', (body) => body.replace(/"verifier":"[^"]*"/, '"verifier":""')],
    ['another kind', 1, 'envelope', (body) => body.replace('"dsse"', '"intoto"')],
    ['a repeated field', 1, 'envelope', (body) => body.replace('{', '{"kind":"dsse",')],
    ['another payload', 1, 'text', (body) => body.replace(/"value":"../, '"value":"zz')],
    ['another hash', 1, 'text', (body) => body.replace('sha256', 'sha512')],
    [
      'another signature',
      1,
      'text',
      (body) => body.replace(/"signature":\{"content":"..../, '"signature":{"content":"AAAA'),
    ],
    ['another key', 1, 'text', (body) => body.replace(/("publicKey":\{"content":")[^"]*/, `$1${otherKey}`)],
    ['another payload', 2, 'envelope', (body) => body.replace(/"digest":"..../, '"digest":"AAAA')],
    ['another hash', 2, 'envelope', (body) => body.replace('SHA2_256', 'SHA2_512')],
    ['another signature', 2, 'envelope', (body) => body.replace(/"content":"..../, '"content":"AAAA')],
    ['another key', 2, 'envelope', (body) => body.replace(/"rawBytes":"[^"]*/, `"rawBytes":"${otherDer}`)],
    ['a certificate', 2, 'envelope', (body) => body.replace('publicKey', 'x509Certificate')],
    [
      'another algorithm',
      2,
      'envelope',
      (body) => body.replace('PKIX_ECDSA_P256_SHA_256', 'PKIX_ECDSA_P384_SHA_384'),
    ],
    ['another version', 2, 'envelope', (body) => body.replace('0.0.2', '0.0.3')],
    ['nothing readable', 2, 'envelope', () => '{'],
  ])('refuses an entry with %s, version %s (%s)', async (_, version, what, change) => {
    const log = rekorLog({ url: await start(version, { change }), version })
    const signed = what === 'envelope' ? signEnvelope() : signText()
    await expect(log.witness(await signed)).rejects.toMatchObject({ code: 'SERVICE_INVALID' })
  })

  it('refuses two entries for one signature', async () => {
    const log = rekorLog({ url: await start(1, { twice: true }), version: 1 })
    await expect(log.witness(await signEnvelope())).rejects.toMatchObject({ code: 'SERVICE_INVALID' })
  })

  it('sends nothing when no log can verify the signature from a digest', async () => {
    const signed = await signText()
    const signer = { ...signed.signer, algorithm: 'ed25519' as const }
    for (const version of [1, 2] as const) {
      const log = rekorLog({ url: await start(version), version })
      await expect(log.witness({ ...signed, signer })).rejects.toMatchObject({ code: 'KEY_UNSUPPORTED' })
    }
    expect(services.flatMap(({ requests }) => requests)).toEqual([])
  })
})

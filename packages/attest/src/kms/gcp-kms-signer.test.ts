import { createPublicKey } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type GcpKmsDouble, googleToken, startGcpKmsDouble } from '../testing/kms/gcp-kms-double.ts'
import { startServiceDouble } from '../testing/kms/service-double.ts'
import { sampleKey, verifies } from '../testing/kms/signature-check.ts'
import { gcpKmsSigner, type GcpKmsSignerOptions } from './gcp-kms-signer.ts'

const content = Buffer.from('content')
const cryptoKey = 'projects/p/locations/global/keyRings/r/cryptoKeys/k'
const versionName = (number: number): string => `${cryptoKey}/cryptoKeyVersions/${number}`
const pinned = `gcpkms://${cryptoKey}/versions/1`
let kms: GcpKmsDouble

beforeEach(async () => {
  kms = await startGcpKmsDouble()
  kms.versions.set(versionName(1), { privateKey: sampleKey('P-256'), algorithm: 'EC_SIGN_P256_SHA256' })
})
afterEach(() => kms[Symbol.asyncDispose]())

const sign = (reference = pinned, options: GcpKmsSignerOptions = {}) =>
  gcpKmsSigner(reference, {
    env: {},
    endpoint: kms.origin,
    accessToken: async () => ({ value: googleToken, expiresAt: Date.now() + 3_600_000 }),
    retry: { baseDelayMs: 0 },
    ...options,
  })

describe('gcpKmsSigner', () => {
  it.each([
    ['EC_SIGN_P256_SHA256', 'P-256', 'ecdsa-sha2-256-nistp256'],
    ['EC_SIGN_P384_SHA384', 'P-384', 'ecdsa-sha2-384-nistp384'],
    ['RSA_SIGN_PKCS1_2048_SHA256', 'rsa-2048', 'rsa-sign-pkcs1-2048-sha256'],
    ['RSA_SIGN_PSS_2048_SHA256', 'rsa-2048', 'rsa-sign-pss-2048-sha256'],
    ['RSA_SIGN_PSS_3072_SHA256', 'rsa-3072', 'rsa-sign-pss-3072-sha256'],
    ['EC_SIGN_ED25519', 'ed25519', 'ed25519'],
  ] as const)('signs with %s', async (name, kind, algorithm) => {
    kms.versions.set(versionName(1), { privateKey: sampleKey(kind), algorithm: name })
    const signer = await sign()
    expect(signer.algorithm).toBe(algorithm)
    expect(createPublicKey(signer.publicKey).equals(createPublicKey(sampleKey(kind)))).toBe(true)
    const large = Buffer.alloc(algorithm === 'ed25519' ? 512 : 1024 * 1024, 1)
    for (const bytes of [Buffer.alloc(0), content, large]) {
      const signature = await signer.sign(bytes)
      expect(verifies(signer, bytes, signature)).toBe(true)
      expect(verifies(signer, Buffer.concat([bytes, content]), signature)).toBe(false)
    }
  })

  it('takes the token that the environment gives, once', async () => {
    await using metadata = await startServiceDouble(() => ({
      status: 200,
      headers: { 'metadata-flavor': 'Google' },
      body: { access_token: googleToken, expires_in: 3600 },
    }))
    const env = { CLOUDSDK_CONFIG: '/nowhere', GCE_METADATA_HOST: new URL(metadata.origin).host }
    const signer = await sign(pinned, { env, accessToken: undefined })
    expect(verifies(signer, content, await signer.sign(content))).toBe(true)
    expect(metadata.seen).toHaveLength(1)
  })

  it('asks for nothing but the public key and signatures when the reference names a version', async () => {
    await (await sign()).sign(content)
    expect(kms.seen.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual([
      `GET /v1/${versionName(1)}/publicKey`,
      `POST /v1/${versionName(1)}:asymmetricSign`,
    ])
  })

  it('chooses the newest enabled version by its number, from all pages, and stays with it', async () => {
    for (const number of [2, 9, 10, 11, 12]) {
      const state = number > 10 ? 'DISABLED' : 'ENABLED'
      const privateKey = sampleKey('P-256', String(number))
      kms.versions.set(versionName(number), { privateKey, algorithm: 'EC_SIGN_P256_SHA256', state })
    }
    const signer = await sign(`gcpkms://${cryptoKey}`)
    expect(createPublicKey(signer.publicKey).equals(createPublicKey(sampleKey('P-256', '10')))).toBe(true)
    kms.versions.get(versionName(12))!.state = 'ENABLED'
    expect(verifies(signer, content, await signer.sign(content))).toBe(true)
    expect(kms.seen.at(-1)!.url.pathname).toBe(`/v1/${versionName(10)}:asymmetricSign`)
  })

  it('refuses a key without an enabled version', async () => {
    kms.versions.get(versionName(1))!.state = 'DESTROYED'
    await expect(sign(`gcpkms://${cryptoKey}`)).rejects.toMatchObject({
      code: 'KMS_ERROR',
      kms: { service: 'gcp-kms' },
    })
  })

  it('gives up on a list of versions that does not end', async () => {
    const page = { status: 200, body: { cryptoKeyVersions: [], nextPageToken: 'more' } }
    kms.instead.push(...Array.from({ length: 30 }, () => page))
    await expect(sign(`gcpkms://${cryptoKey}`)).rejects.toMatchObject({ code: 'KMS_ERROR' })
    expect(kms.seen).toHaveLength(20)
  })

  it('notices that another version signed', async () => {
    const signer = await sign()
    kms.claims = { name: versionName(2) }
    await expect(signer.sign(content)).rejects.toMatchObject({ code: 'SIGNING_FAILED' })
  })

  it.each([
    ['a signature with another sum', { signatureCrc32c: '1' }],
    ['another signature', { signature: Buffer.from('another').toString('base64') }],
    ['a signature that is not base64', { signature: '***' }],
    ['a digest that Google did not check', { verifiedDigestCrc32c: false }],
  ])('refuses %s as damaged', async (_, claims) => {
    const signer = await sign()
    kms.claims = claims
    await expect(signer.sign(content)).rejects.toMatchObject({ code: 'KMS_ERROR', retryable: true })
  })

  it.each([
    ['another name', 'KMS_ERROR', { name: versionName(2) }],
    ['another sum', 'KMS_ERROR', { pemCrc32c: '7' }],
    ['no sum', 'KMS_ERROR', { pemCrc32c: null }],
    ['another algorithm than the key has', 'KMS_ERROR', { algorithm: 'EC_SIGN_P384_SHA384' }],
    ['an algorithm with SHA-512', 'KEY_UNSUPPORTED', { algorithm: 'RSA_SIGN_PKCS1_4096_SHA512' }],
    ['an algorithm for encryption', 'KEY_UNSUPPORTED', { algorithm: 'RSA_DECRYPT_OAEP_2048_SHA256' }],
    ['an algorithm of the prototype', 'KEY_UNSUPPORTED', { algorithm: 'constructor' }],
  ])('refuses a public key with %s with %s', async (_, code, claims) => {
    kms.claims = claims
    await expect(sign()).rejects.toMatchObject({ code, kms: { service: 'gcp-kms', reference: pinned } })
  })

  it('refuses another padding than the key is for', async () => {
    const algorithm = 'RSA_SIGN_PSS_2048_SHA256'
    kms.versions.set(versionName(1), { privateKey: sampleKey('rsa-2048'), algorithm })
    await expect(sign(pinned, { rsaPadding: 'pkcs1' })).rejects.toMatchObject({ code: 'KEY_UNSUPPORTED' })
    await expect(sign(pinned, { rsaPadding: 'pss' })).resolves.toMatchObject({
      algorithm: 'rsa-sign-pss-2048-sha256',
    })
  })

  it('does not send Ed25519 content that is too long', async () => {
    kms.versions.set(versionName(1), { privateKey: sampleKey('ed25519'), algorithm: 'EC_SIGN_ED25519' })
    const signer = await sign()
    await expect(signer.sign(Buffer.alloc(64 * 1024 + 1))).rejects.toMatchObject({ code: 'SIGNING_FAILED' })
    expect(kms.seen).toHaveLength(1)
  })

  it.each([
    ['a version that is not there', 'NOT_FOUND', 404, `gcpkms://${cryptoKey}/versions/5`, googleToken],
    [
      'a version that is not enabled',
      'FAILED_PRECONDITION',
      400,
      `gcpkms://${cryptoKey}/versions/2`,
      googleToken,
    ],
    ['a token that is not taken', 'UNAUTHENTICATED', 401, pinned, 'ya29.another-secret'],
  ])('reports %s as %s', async (_, serviceCode, status, reference, value) => {
    kms.versions.set(versionName(2), { ...kms.versions.get(versionName(1))!, state: 'DISABLED' })
    const accessToken = async () => ({ value, expiresAt: 0 })
    const error: unknown = await sign(reference, { accessToken }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'KMS_ERROR',
      kms: { service: 'gcp-kms', reference, status, serviceCode },
    })
    // The double repeats the token in its answer.
    expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain('another-secret')
  })
})

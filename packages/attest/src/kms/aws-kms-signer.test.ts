import { createPublicKey } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type AwsKmsDouble,
  awsIdentity,
  awsKeyArn,
  startAwsKmsDouble,
} from '../testing/kms/aws-kms-double.ts'
import { sampleKey, verifies } from '../testing/kms/signature-check.ts'
import { awsKmsSigner, type AwsKmsSignerOptions } from './aws-kms-signer.ts'

const content = Buffer.from('content')
const now = new Date('2026-03-01T10:00:00Z')
const clock = { now: () => now }
const [first, second] = [
  '1234abcd-12ab-34cd-56ef-1234567890ab',
  '99999999-12ab-34cd-56ef-1234567890ab',
] as const
let kms: AwsKmsDouble

beforeEach(async () => {
  kms = await startAwsKmsDouble(clock.now)
  for (const id of [first, second]) {
    kms.keys.set(awsKeyArn(id), { arn: awsKeyArn(id), privateKey: sampleKey('P-256', id) })
  }
  kms.aliases.set('alias/release', awsKeyArn(first))
})
afterEach(() => kms[Symbol.asyncDispose]())

const environment = () => ({
  AWS_ACCESS_KEY_ID: awsIdentity.accessKeyId,
  AWS_SECRET_ACCESS_KEY: awsIdentity.secretAccessKey,
  AWS_SESSION_TOKEN: awsIdentity.sessionToken,
  AWS_REGION: 'eu-central-1',
  AWS_ENDPOINT_URL_KMS: kms.origin,
})
const sign = (reference = 'awskms:///alias/release', options: AwsKmsSignerOptions = {}) =>
  awsKmsSigner(reference, { env: environment(), clock, retry: { baseDelayMs: 0 }, ...options })

describe('awsKmsSigner', () => {
  it.each([
    ['P-256', undefined, 'ecdsa-sha2-256-nistp256', 'ECDSA_SHA_256'],
    ['P-384', undefined, 'ecdsa-sha2-384-nistp384', 'ECDSA_SHA_384'],
    ['P-521', undefined, 'ecdsa-sha2-512-nistp521', 'ECDSA_SHA_512'],
    ['rsa-2048', undefined, 'rsa-sign-pkcs1-2048-sha256', 'RSASSA_PKCS1_V1_5_SHA_256'],
    ['rsa-2048', 'pss', 'rsa-sign-pss-2048-sha256', 'RSASSA_PSS_SHA_256'],
    ['rsa-3072', 'pss', 'rsa-sign-pss-3072-sha256', 'RSASSA_PSS_SHA_256'],
  ] as const)('signs with a key %s (padding %s)', async (kind, rsaPadding, algorithm, name) => {
    kms.keys.set(awsKeyArn(first), { arn: awsKeyArn(first), privateKey: sampleKey(kind) })
    const signer = await sign(undefined, { rsaPadding })
    expect(signer.algorithm).toBe(algorithm)
    expect(createPublicKey(signer.publicKey).equals(createPublicKey(sampleKey(kind)))).toBe(true)
    for (const bytes of [Buffer.alloc(0), content, Buffer.alloc(1024 * 1024)]) {
      const signature = await signer.sign(bytes)
      expect(verifies(signer, bytes, signature)).toBe(true)
      expect(verifies(signer, Buffer.concat([bytes, content]), signature)).toBe(false)
    }
    expect(kms.seen.at(-1)!.body.toString()).toContain(`"SigningAlgorithm":"${name}"`)
  })

  it.each([
    `awskms:///${first}`,
    `awskms:///${first.toUpperCase()}`,
    `awskms:///${awsKeyArn(first)}`,
    'awskms:///alias/release',
    'awskms:///arn:aws:kms:eu-central-1:111122223333:alias/release',
  ])('signs with %s', async (reference) => {
    kms.keys.set(awsKeyArn(first.toUpperCase()), kms.keys.get(awsKeyArn(first))!)
    const signer = await sign(reference)
    expect(verifies(signer, content, await signer.sign(content))).toBe(true)
  })

  it('asks for nothing but the public key and signatures', async () => {
    await (await sign()).sign(content)
    expect(kms.seen.map(({ headers }) => headers['x-amz-target'])).toEqual([
      'TrentService.GetPublicKey',
      'TrentService.Sign',
    ])
  })

  it('goes on with the key that the alias named, also when it names another one', async () => {
    const signer = await sign()
    kms.aliases.set('alias/release', awsKeyArn(second))
    expect(verifies(signer, content, await signer.sign(content))).toBe(true)
    expect((await sign()).keyId).not.toBe(signer.keyId)
  })

  it.each([
    ['another key', { KeyId: awsKeyArn(second) }],
    ['the alias', { KeyId: 'alias/release' }],
    ['another algorithm', { SigningAlgorithm: 'ECDSA_SHA_384' }],
  ])('notices that %s signed', async (_, claims) => {
    const signer = await sign()
    kms.claims = claims
    await expect(signer.sign(content)).rejects.toMatchObject({
      code: 'SIGNING_FAILED',
      kms: { service: 'aws-kms' },
    })
  })

  it('refuses the public key of another key', async () => {
    kms.keys.set(awsKeyArn(first), kms.keys.get(awsKeyArn(second))!)
    await expect(sign(`awskms:///${first}`)).rejects.toMatchObject({ code: 'KMS_ERROR' })
  })

  it.each([
    ['the ARN', `awskms:///${awsKeyArn(first)}`, {}, {}],
    ['the option', undefined, { region: 'eu-central-1' }, {}],
    ['AWS_REGION', undefined, {}, { AWS_REGION: 'eu-central-1' }],
    ['AWS_DEFAULT_REGION', undefined, {}, { AWS_DEFAULT_REGION: 'eu-central-1' }],
  ])('takes the region from %s', async (_, reference, options, region) => {
    const { AWS_REGION: _region, ...env } = environment()
    await expect(sign(reference, { ...options, env: { ...env, ...region } })).resolves.toBeDefined()
  })

  it.each([
    ['no region', { env: {} }],
    ['a region that would lead elsewhere', { region: 'evil.example/' }],
    ['plain HTTP beyond this machine', { endpoint: 'http://kms.example' }],
    [
      'plain HTTP in the environment',
      { env: { AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL_KMS: 'http://kms.example' } },
    ],
  ])('refuses %s before it asks anybody', async (_, options) => {
    await expect(sign(undefined, options)).rejects.toMatchObject({ code: 'KMS_UNCONFIGURED' })
    expect(kms.seen).toEqual([])
  })

  it('asks the endpoint of the reference over TLS only', async () => {
    const { host } = new URL(kms.origin)
    const { AWS_ENDPOINT_URL_KMS: _endpoint, ...env } = environment()
    await expect(
      sign(`awskms://${host}/alias/release`, { env, retry: { attempts: 1 } }),
    ).rejects.toMatchObject({
      code: 'KMS_ERROR',
      message: expect.stringContaining(`${host} could not be reached`) as string,
    })
    expect(kms.seen).toEqual([])
  })

  it('says which credentials are missing', async () => {
    const env = { AWS_EC2_METADATA_DISABLED: 'true', AWS_REGION: 'eu-central-1' }
    await expect(sign(undefined, { env, endpoint: kms.origin })).rejects.toMatchObject({
      code: 'KMS_ERROR',
      message: expect.stringContaining(
        'could not get AWS credentials: the environment names no source',
      ) as string,
      cause: { code: 'CREDENTIALS_UNREADABLE' },
    })
    expect(kms.seen).toEqual([])
  })

  it('asks for credentials once, and again after five minutes', async () => {
    let time = now
    let asked = 0
    const credentials = async ({ region }: { region: string }) => {
      asked++
      expect(region).toBe('eu-central-1')
      return awsIdentity
    }
    const signer = await sign(undefined, { credentials, clock: { now: () => time } })
    await signer.sign(content)
    expect(asked).toBe(1)
    time = new Date(now.getTime() + 5 * 60_000)
    await signer.sign(content).catch(() => undefined)
    expect(asked).toBe(2)
  })

  it.each([
    ['a key for encryption', { usage: 'ENCRYPT_DECRYPT' }],
    ['another curve', { privateKey: sampleKey('secp256k1') }],
    ['Ed25519, which signs no digests there', { privateKey: sampleKey('ed25519') }],
    ['a key that does not sign as is needed', { signingAlgorithms: ['RSASSA_PSS_SHA_256'] }],
  ])('refuses %s', async (_, more) => {
    kms.keys.set(awsKeyArn(first), { ...kms.keys.get(awsKeyArn(first))!, ...more })
    await expect(sign()).rejects.toMatchObject({ code: 'KEY_UNSUPPORTED', kms: { service: 'aws-kms' } })
  })

  it.each([
    ['a wrong secret', 'InvalidSignatureException', { secretAccessKey: 'wrong-but-secret' }],
    ['an unknown identity', 'UnrecognizedClientException', { accessKeyId: 'AKIDUNKNOWN' }],
    ['another session', 'UnrecognizedClientException', { sessionToken: 'wrong-but-secret' }],
  ])('reports %s as %s', async (_, serviceCode, identity) => {
    const error: unknown = await sign(undefined, {
      credentials: async () => ({ ...awsIdentity, ...identity }),
    }).catch((thrown: unknown) => thrown)
    const kmsFailure = { service: 'aws-kms', reference: 'awskms:///alias/release', status: 400, serviceCode }
    expect(error).toMatchObject({ code: 'KMS_ERROR', retryable: false, kms: kmsFailure })
    expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toMatch(/secret/)
  })

  it('reports a key that is disabled', async () => {
    const signer = await sign()
    kms.keys.get(awsKeyArn(first))!.disabled = true
    await expect(signer.sign(content)).rejects.toMatchObject({ kms: { serviceCode: 'DisabledException' } })
  })

  it('tries again when AWS throttles, which it does with status 400', async () => {
    const throttled = { status: 400, body: { __type: 'ThrottlingException', message: 'Rate exceeded' } }
    kms.instead.push(throttled, throttled)
    const signer = await sign()
    expect(kms.seen).toHaveLength(3)
    kms.instead.push(...Array.from({ length: 4 }, () => throttled))
    await expect(signer.sign(content)).rejects.toMatchObject({ retryable: true, kms: { status: 400 } })
  })
})

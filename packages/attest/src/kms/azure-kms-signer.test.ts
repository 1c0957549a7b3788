import { createPublicKey, createSecretKey, randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  azureVault,
  type AzureVaultDouble,
  startAzureVaultDouble,
} from '../testing/kms/azure-vault-double.ts'
import { startServiceDouble } from '../testing/kms/service-double.ts'
import { sampleKey, verifies } from '../testing/kms/signature-check.ts'
import { azureKmsSigner, type AzureKmsSignerOptions } from './azure-kms-signer.ts'

const content = Buffer.from('content')
const reference = `azurekms://${azureVault}/signing`
const [first, second] = ['0'.repeat(32), '1'.repeat(32)] as const
let vault: AzureVaultDouble

beforeEach(async () => {
  vault = await startAzureVaultDouble()
  vault.keys.set('signing', { versions: new Map([[first, sampleKey('P-256')]]) })
})
afterEach(() => vault[Symbol.asyncDispose]())

const sign = (options: AzureKmsSignerOptions = {}, name = reference) =>
  azureKmsSigner(name, {
    env: {},
    endpoint: vault.origin,
    accessToken: async () => ({ value: vault.token, expiresAt: Date.now() + 3_600_000 }),
    retry: { baseDelayMs: 0 },
    ...options,
  })

describe('azureKmsSigner', () => {
  it.each([
    ['P-256', false, undefined, 'ecdsa-sha2-256-nistp256'],
    ['P-384', true, undefined, 'ecdsa-sha2-384-nistp384'],
    ['P-521', false, undefined, 'ecdsa-sha2-512-nistp521'],
    ['rsa-2048', true, undefined, 'rsa-sign-pkcs1-2048-sha256'],
    ['rsa-2048', false, 'pss', 'rsa-sign-pss-2048-sha256'],
    ['rsa-3072', false, undefined, 'rsa-sign-pkcs1-3072-sha256'],
  ] as const)('signs with a key %s (in an HSM: %s, padding %s)', async (kind, hsm, rsaPadding, algorithm) => {
    vault.keys.set('signing', { hsm, versions: new Map([[first, sampleKey(kind)]]) })
    const signer = await sign({ rsaPadding })
    expect(signer.algorithm).toBe(algorithm)
    expect(createPublicKey(signer.publicKey).equals(createPublicKey(sampleKey(kind)))).toBe(true)
    for (const bytes of [Buffer.alloc(0), content, Buffer.alloc(1024 * 1024)]) {
      const signature = await signer.sign(bytes)
      expect(verifies(signer, bytes, signature)).toBe(true)
      expect(verifies(signer, Buffer.concat([bytes, content]), signature)).toBe(false)
    }
  })

  it('asks without a token first, and for a token as the vault says', async () => {
    const asked: unknown[] = []
    const accessToken: AzureKmsSignerOptions['accessToken'] = async ({ resource, tenant }) => {
      asked.push({ resource, tenant })
      return { value: vault.token, expiresAt: Date.now() + 3_600_000 }
    }
    await (await sign({ accessToken })).sign(content)
    expect(asked).toEqual([{ resource: 'https://vault.azure.net', tenant: '72f988bf-86f1' }])
    expect(vault.seen.map(({ headers }) => headers.authorization !== undefined)).toEqual([false, true, true])
  })

  it('takes the token for vaults that the environment gives, once', async () => {
    await using entra = await startServiceDouble(({ url, body }) => {
      const form = new URLSearchParams(body.toString())
      const isRight = url.pathname.startsWith('/my-tenant/') && form.get('client_secret') === 'hush'
      return isRight && form.get('scope') === 'https://vault.azure.net/.default'
        ? { status: 200, body: { access_token: vault.token, expires_in: 3600 } }
        : { status: 400 }
    })
    const env = {
      AZURE_TENANT_ID: 'my-tenant',
      AZURE_CLIENT_ID: 'c',
      AZURE_CLIENT_SECRET: 'hush',
      AZURE_AUTHORITY_HOST: entra.origin,
    }
    const signer = await sign({ env, accessToken: undefined })
    expect(verifies(signer, content, await signer.sign(content))).toBe(true)
    expect(entra.seen).toHaveLength(1)
  })

  it('takes the challenge with a scope', async () => {
    vault.challenge =
      'Bearer authorization_uri="https://login.microsoftonline.com/t/", scope="https://vault.azure.net/.default"'
    await expect(sign()).resolves.toBeDefined()
  })

  it('fetches a token anew when the one it has kept is not taken any more', async () => {
    const signer = await sign()
    vault.token = 'eyJ.a-second-token'
    expect(verifies(signer, content, await signer.sign(content))).toBe(true)
  })

  it('does not ask for ever when no token is taken', async () => {
    const accessToken = async () => ({ value: 'eyJ.not-taken-but-secret', expiresAt: Date.now() + 3_600_000 })
    const error: unknown = await sign({ accessToken }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'KMS_ERROR',
      kms: { service: 'azure-kms', reference, status: 401, serviceCode: 'Unauthorized' },
    })
    expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain('not-taken-but-secret')
    expect(vault.seen).toHaveLength(2)
  })

  it.each([
    [
      'for another resource',
      'Bearer authorization="https://login.microsoftonline.com/t", resource="https://graph.microsoft.com"',
    ],
    [
      'for a resource that only looks right',
      'Bearer authorization="https://l.example/t", resource="https://vault.azure.net.example"',
    ],
    ['of another kind', 'Basic realm="x"'],
    ['without end', `Bearer resource="https://vault.azure.net", x="${'a'.repeat(5000)}"`],
  ])('gives no token to a vault with a challenge %s', async (_, challenge) => {
    vault.challenge = challenge
    const accessToken = () => Promise.reject(new Error('must not be asked'))
    await expect(sign({ accessToken })).rejects.toMatchObject({ code: 'KMS_ERROR', kms: { status: 401 } })
  })

  it('goes on with the version whose public key was read, also after a rotation', async () => {
    const signer = await sign()
    vault.keys.get('signing')!.versions.set(second, sampleKey('P-256', 'second'))
    expect(verifies(signer, content, await signer.sign(content))).toBe(true)
    expect((await sign()).keyId).not.toBe(signer.keyId)
    expect((await sign({}, `${reference}/${first}`)).keyId).toBe(signer.keyId)
  })

  it('notices that another version signed', async () => {
    vault.keys.get('signing')!.versions.set(second, sampleKey('P-256', 'second'))
    const signer = await sign()
    vault.signsWith = first
    await expect(signer.sign(content)).rejects.toMatchObject({
      code: 'SIGNING_FAILED',
      kms: { service: 'azure-kms' },
    })
  })

  const kid = `https://${azureVault}/keys/signing/${first}`
  const jwk = createPublicKey(sampleKey('P-256')).export({ format: 'jwk' })
  it.each([
    ['of another vault', 'KMS_ERROR', { ...jwk, kid: kid.replace('release', 'evil') }],
    ['of another key', 'KMS_ERROR', { ...jwk, kid: kid.replace('signing', 'other') }],
    ['without a version', 'KMS_ERROR', { ...jwk, kid: kid.slice(0, -33) }],
    ['that is not on its curve', 'KMS_ERROR', { ...jwk, kid, y: jwk.x }],
    ['without its numbers', 'KEY_UNSUPPORTED', { kid, kty: 'RSA' }],
    ['on another curve', 'KEY_UNSUPPORTED', { ...jwk, kid, crv: 'P-256K' }],
    ['that may not sign', 'KEY_UNSUPPORTED', { ...jwk, kid, key_ops: ['verify'] }],
  ])('refuses a public key %s with %s', async (_, code, key) => {
    vault.instead.push({ status: 200, body: { key } })
    await expect(sign()).rejects.toMatchObject({ code, kms: { service: 'azure-kms', reference } })
  })

  it('refuses a symmetric key', async () => {
    vault.keys.set('signing', { versions: new Map([[first, createSecretKey(randomBytes(32))]]) })
    await expect(sign()).rejects.toMatchObject({ code: 'KEY_UNSUPPORTED' })
  })

  it('refuses a signature of another length', async () => {
    const signer = await sign()
    vault.instead.push({ status: 200, body: { kid, value: Buffer.alloc(63).toString('base64url') } })
    await expect(signer.sign(content)).rejects.toMatchObject({ code: 'KMS_ERROR' })
  })

  it('reports a key that is not there', async () => {
    await expect(sign({}, `azurekms://${azureVault}/other`)).rejects.toMatchObject({
      code: 'KMS_ERROR',
      kms: { status: 404, serviceCode: 'KeyNotFound' },
    })
  })
})

import { createPublicKey, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { signChecked } from '../signing/sign-checked.ts'
import { serverCertificate } from '../testing/kms/server-certificate.ts'
import { sampleKey, verifies } from '../testing/kms/signature-check.ts'
import { startVaultDouble, type VaultDouble, type VaultDoubleOptions } from '../testing/kms/vault-double.ts'
import { vaultSigner, type VaultSignerOptions } from './vault-signer.ts'

const token = 'hvs.a-token-of-vault'
const content = Buffer.from('content')
let vault: VaultDouble
let home = ''

async function start(options: VaultDoubleOptions = {}): Promise<void> {
  await vault[Symbol.asyncDispose]()
  vault = await startVaultDouble(options)
  vault.keys.set('release', { type: 'ecdsa-p256', versions: [sampleKey('P-256')] })
}
beforeEach(async () => {
  vault = await startVaultDouble()
  vault.keys.set('release', { type: 'ecdsa-p256', versions: [sampleKey('P-256')] })
  home = await mkdtemp(join(tmpdir(), 'sallyport-vault-'))
})
afterEach(async () => {
  await vault[Symbol.asyncDispose]()
  await rm(home, { recursive: true })
})

const sign = (options: VaultSignerOptions = {}, reference = 'hashivault://release') =>
  vaultSigner(reference, {
    env: { VAULT_ADDR: vault.origin, VAULT_TOKEN: token, HOME: home },
    retry: { baseDelayMs: 0 },
    ...options,
  })

describe('vaultSigner', () => {
  it.each([
    ['ecdsa-p256', 'P-256', undefined, 'ecdsa-sha2-256-nistp256'],
    ['ecdsa-p384', 'P-384', undefined, 'ecdsa-sha2-384-nistp384'],
    ['ecdsa-p521', 'P-521', undefined, 'ecdsa-sha2-512-nistp521'],
    ['rsa-2048', 'rsa-2048', undefined, 'rsa-sign-pkcs1-2048-sha256'],
    ['rsa-2048', 'rsa-2048', 'pss', 'rsa-sign-pss-2048-sha256'],
    ['rsa-3072', 'rsa-3072', 'pkcs1', 'rsa-sign-pkcs1-3072-sha256'],
    ['rsa-4096', 'rsa-4096', 'pss', 'rsa-sign-pss-4096-sha256'],
    ['ed25519', 'ed25519', undefined, 'ed25519'],
  ] as const)('signs with a key of type %s (%s, padding %s)', async (type, kind, rsaPadding, algorithm) => {
    vault.keys.set('release', { type, versions: [sampleKey(kind)] })
    const signer = await sign({ rsaPadding })
    expect(signer.algorithm).toBe(algorithm)
    expect(createPublicKey(signer.publicKey).equals(createPublicKey(sampleKey(kind)))).toBe(true)
    for (const bytes of [Buffer.alloc(0), content, randomBytes(1024 * 1024)]) {
      const signature = await signer.sign(bytes)
      expect(verifies(signer, bytes, signature)).toBe(true)
      expect(verifies(signer, Buffer.concat([bytes, content]), signature)).toBe(false)
    }
    // Only what Ed25519 needs whole is sent whole.
    expect(vault.seen.at(-1)!.body.length < 1000).toBe(type !== 'ed25519')
  })

  it('goes on with the version whose public key was read, also after a rotation', async () => {
    const signer = await sign()
    vault.keys.get('release')!.versions.push(sampleKey('P-256', 'second'))
    expect(verifies(signer, content, await signer.sign(content))).toBe(true)
    const later = await sign()
    expect(later.keyId).not.toBe(signer.keyId)
    expect(verifies(later, content, await later.sign(content))).toBe(true)
    expect((await sign({ keyVersion: 1 })).keyId).toBe(signer.keyId)
    await expect(sign({ keyVersion: 3 })).rejects.toMatchObject({ code: 'KMS_ERROR' })
  })

  it('notices that another version signed', async () => {
    vault.keys.get('release')!.versions.push(sampleKey('P-256', 'second'))
    const signer = await sign()
    vault.signsWith = 1
    await expect(signer.sign(content)).rejects.toMatchObject({
      code: 'SIGNING_FAILED',
      message: '"hashivault://release": expected a signature by version 2, got one by version 1',
    })
  })

  it('notices that the same version is another key now', async () => {
    const signer = await sign()
    vault.keys.set('release', { type: 'ecdsa-p256', versions: [sampleKey('P-256', 'second')] })
    await expect(signChecked(signer, content)).rejects.toMatchObject({ code: 'SIGNING_FAILED' })
  })

  it('does not sign with a version that is no longer allowed', async () => {
    const signer = await sign()
    const { versions } = vault.keys.get('release')!
    vault.keys.set('release', {
      type: 'ecdsa-p256',
      versions: [...versions, sampleKey('P-256', 'second')],
      minEncryptionVersion: 2,
    })
    await expect(signer.sign(content)).rejects.toMatchObject({
      code: 'KMS_ERROR',
      message: expect.stringContaining('less than the minimum encryption key version') as string,
      kms: { service: 'vault', reference: 'hashivault://release', status: 400 },
    })
  })

  it('needs no more than the policy that is documented', async () => {
    const policy = ['GET keys/release', 'POST sign/release', 'POST sign/release/sha2-256']
    await start({ policy })
    const signer = await sign()
    expect(verifies(signer, content, await signer.sign(content))).toBe(true)
  })

  it.each([
    ['the option', { token }, {}],
    ['a function', { token: async () => token }, {}],
    ['VAULT_TOKEN', {}, { VAULT_TOKEN: token }],
    ['BAO_TOKEN', {}, { BAO_TOKEN: token }],
    ['the file in the home folder', {}, {}],
  ])('takes the token from %s', async (_, options, env) => {
    await writeFile(join(home, '.vault-token'), `${token}\n`)
    const signer = await sign({ ...options, env: { BAO_ADDR: vault.origin, HOME: home, ...env } })
    expect(verifies(signer, content, await signer.sign(content))).toBe(true)
  })

  it.each([
    ['options', { namespace: 'team/a', mount: 'team-transit/two' }, {}],
    ['the environment', {}, { VAULT_NAMESPACE: 'team/a', TRANSIT_SECRET_ENGINE_PATH: '/team-transit/two/' }],
  ])('takes namespace and path of the engine from %s', async (_, options, env) => {
    await start({ namespace: 'team/a', mount: 'team-transit/two' })
    const own = { VAULT_ADDR: `${vault.origin}/`, VAULT_TOKEN: token, ...env }
    const signer = await sign({ ...options, env: own })
    expect(verifies(signer, content, await signer.sign(content))).toBe(true)
    await expect(
      sign({ env: { ...own, VAULT_NAMESPACE: 'team/b' }, mount: 'team-transit/two' }),
    ).rejects.toMatchObject({
      kms: { status: 403 },
    })
  })

  it('trusts the authority that it is given, or that VAULT_CACERT names, and no other', async () => {
    const tls = serverCertificate()
    await start({ tls })
    const ca = join(home, 'ca.pem')
    await writeFile(ca, tls.cert)
    const env = { VAULT_ADDR: vault.origin, VAULT_TOKEN: token }
    await expect(sign({ env, ca: tls.cert })).resolves.toBeDefined()
    await expect(sign({ env: { ...env, VAULT_CACERT: ca } })).resolves.toBeDefined()
    const untold = sign({ env, retry: { attempts: 1 } })
    await expect(untold).rejects.toMatchObject({ code: 'KMS_ERROR', kms: { service: 'vault' } })
    const other = sign({ env, ca: serverCertificate().cert, retry: { attempts: 1 } })
    await expect(other).rejects.toMatchObject({ code: 'KMS_ERROR' })
    expect(vault.seen).toHaveLength(2)
  })

  it.each([
    ['no address', { env: {} }],
    ['an address that is none', { address: 'vault' }],
    ['plain HTTP beyond this machine', { address: 'http://vault.example:8200' }],
    ['a user in the address', { address: 'https://user:hush-hush@vault.example' }],
    ['a query in the address', { address: 'https://vault.example/?token=hush-hush' }],
    ['no token', { env: { VAULT_ADDR: 'https://vault.example', HOME: '/nowhere' } }],
    ['a token of two lines', { token: 'hush-hush\nx-other: 1' }],
    ['an empty token', { token: ' ' }],
    ['a path upwards', { mount: '../sys' }],
    ['a path with a query', { mount: 'transit?x' }],
    ['a namespace of two lines', { namespace: 'a\nb' }],
    [
      'certificates that are not there',
      { env: { VAULT_ADDR: 'https://v.example', VAULT_CACERT: '/nowhere' } },
    ],
  ])('refuses %s before it asks anybody', async (_, options) => {
    const error: unknown = await sign(options).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'KMS_UNCONFIGURED', kms: { service: 'vault' } })
    expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain('hush-hush')
    expect(vault.seen).toEqual([])
  })

  it.each<[string, string, KeyObject]>([
    ['a symmetric key', 'aes256-gcm96', createSecretKey(randomBytes(32))],
    ['a type that it does not know', 'ml-dsa', sampleKey('P-256')],
    ['another curve', 'ecdsa-p256', sampleKey('secp256k1')],
    ['a short RSA key', 'rsa-2048', sampleKey('rsa-1024')],
    ['RSA of an unusual size', 'rsa-2048', sampleKey('rsa-2056')],
  ])('refuses %s', async (_, type, key) => {
    vault.keys.set('release', { type, versions: [key] })
    await expect(sign()).rejects.toMatchObject({ code: 'KEY_UNSUPPORTED', kms: { service: 'vault' } })
  })

  it.each([
    ['a key that is not there', 404, 'hashivault://other', 1],
    ['a token that is not allowed', 403, 'hashivault://release', 1],
    ['a sealed Vault, after all tries', 503, 'hashivault://release', 4],
  ])('reports %s with status %i', async (_, status, reference, tries) => {
    if (status === 403) await start({ token: 'hvs.another-one' })
    if (status === 503) vault.sealed = true
    await expect(sign({}, reference)).rejects.toMatchObject({
      code: 'KMS_ERROR',
      retryable: status === 503,
      kms: { service: 'vault', reference, status },
    })
    expect(vault.seen).toHaveLength(tries)
  })

  const signature = (text: unknown) => ({ status: 200, body: { data: { signature: text } } })
  it.each([
    ['no signature', signature(undefined)],
    ['a signature without a version', signature('MEUCIQ==')],
    ['a signature of version 0', signature('vault:v0:MEUCIQ==')],
    ['a signature in another spelling of base64', signature('vault:v1:MEUCIQ=')],
    ['a signature of a batch', { status: 200, body: { data: { batch_results: [] } } }],
    [
      'a key twice',
      { status: 200, body: '{"data":{"signature":"a"},"data":{"signature":"vault:v1:MEUCIQ=="}}' },
    ],
    ['no JSON', { status: 200, body: '<html>' }],
    ['nothing', { status: 204 }],
  ])('refuses %s', async (_, answer) => {
    const signer = await sign()
    vault.instead.push(answer)
    await expect(signer.sign(content)).rejects.toMatchObject({ code: 'KMS_ERROR', kms: { service: 'vault' } })
  })
})

import { generateSigningKey, keySigner } from '@sallyport/attest'
import { digestOf } from '@sallyport/core'
import { createRegistryClient, parseReference, type RegistryClient, type Repository } from '@sallyport/oci'
import { parsePolicy } from '@sallyport/policy'
import { startRegistry, type TestRegistry } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { maxDocumentBytes, packPolicyDocument } from './policy-artifact.ts'
import { pullPolicyDocument } from './pull-policy.ts'
import { pushPolicyDocument } from './push-policy.ts'

const text = 'version: 1\ntiers:\n  prod: { thresholds: [{ name: none, severity: critical, max: 0 }] }\n'
const security = keySigner(generateSigningKey().privateKey)
const stranger = keySigner(generateSigningKey().privateKey)
const verify = { requirements: [{ kind: 'signature', by: { keys: [security.publicKey] } }] } as const

let registry: TestRegistry
let client: RegistryClient
let repository: Repository

beforeEach(async () => {
  registry = await startRegistry()
  client = createRegistryClient({ settleMs: 0, retry: { attempts: 1 } })
  repository = client.repository(parseReference(`${registry.host}/security/policy:1`))
})
afterEach(async () => {
  await client.close()
  await registry.close()
})

const push = (signer = security, kind: 'policy' | 'waivers' = 'policy', document = text) =>
  pushPolicyDocument(repository, { kind, text: document, tag: '1', signer, settleMs: 0 })

describe('a policy in a registry', () => {
  it('comes back as it was, and its source names the digest', async () => {
    const { digest } = await push()
    const pulled = await pullPolicyDocument(repository, '1', { kind: 'policy', verify })
    expect(pulled).toEqual({ text, digest, source: `${registry.host}/security/policy@${digest}` })
    expect(parsePolicy(pulled.text, pulled)).toMatchObject({
      source: pulled.source,
      digest: digestOf(text),
    })
  })

  it('has the same digest wherever and however often it is pushed', async () => {
    const { digest } = await push()
    expect((await push()).digest).toBe(digest)
    expect(digest).toBe(packPolicyDocument('policy', text).manifest.descriptor.digest)
  })

  it('is trusted by digest without a signature, and by tag never', async () => {
    const { digest } = await pushPolicyDocument(repository, { kind: 'policy', text, tag: '1' })
    await expect(pullPolicyDocument(repository, digest, { kind: 'policy' })).resolves.toMatchObject({ text })
    await expect(pullPolicyDocument(repository, '1', { kind: 'policy' })).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
    })
  })

  it.each([
    ['without a signature', undefined],
    ['with the signature of somebody else', stranger],
  ])('is refused %s', async (_title, signer) => {
    await pushPolicyDocument(repository, { kind: 'policy', text, tag: '1', signer, settleMs: 0 })
    await expect(pullPolicyDocument(repository, '1', { kind: 'policy', verify })).rejects.toMatchObject({
      code: 'VERIFICATION_FAILED',
      message: expect.stringContaining(`${registry.host}/security/policy@sha256:`),
    })
  })

  it('is not there for anyone by its tag before it is signed', async () => {
    await push()
    const puts = registry.requests
      .filter(({ method, path }) => method === 'PUT' && path.includes('/manifests/'))
      .map(({ path }) => path.split('/manifests/')[1])
    expect(puts.at(-1)).toBe('1')
    expect(puts.filter((reference) => reference === '1')).toHaveLength(1)
  })

  it('is no file of waivers, and the other way round', async () => {
    const { digest } = await push(security, 'waivers', 'version: 1\nwaivers: []\n')
    await expect(pullPolicyDocument(repository, digest, { kind: 'policy' })).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
    })
    await expect(pullPolicyDocument(repository, digest, { kind: 'waivers' })).resolves.toBeDefined()
  })

  it('is refused above 1 MiB before it is read', async () => {
    const { digest } = await push(security, 'policy', `# ${'x'.repeat(maxDocumentBytes)}\n`)
    await expect(pullPolicyDocument(repository, digest, { kind: 'policy' })).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
    })
  })
})

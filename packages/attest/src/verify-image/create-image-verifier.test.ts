import { faultOn, registryFaults } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { signStatement } from '../statement/sign-statement.ts'
import { createStatement, predicateTypes } from '../statement/statement.ts'
import { attachAttestation, attachSignature } from '../storage/attach.ts'
import { legacyTag } from '../storage/legacy-tag.ts'
import { createSimpleSigning } from '../storage/simple-signing.ts'
import { wireFormat } from '../storage/wire-format.ts'
import { createTestSigner, summaryOf, type TestSigner } from '../testing/gate-signers.ts'
import { plant, type SampleRepository, startSampleRepository } from '../testing/sample-repository.ts'
import { createImageVerifier } from './create-image-verifier.ts'
import type { Requirement } from './requirement.ts'
import { createVerificationCache, type VerificationCache } from './verification-cache.ts'

const signer = createTestSigner()
const stranger = createTestSigner()
const by = { keys: [signer.publicKey] }
const signature: Requirement = { kind: 'signature', by }
const options = { createdAt: new Date('2026-01-02T03:04:05Z'), settleMs: 0 }
const start = new Date('2026-01-02T04:00:00Z')

async function startSigned(by = signer): Promise<SampleRepository> {
  const sample = await startSampleRepository()
  const { repository, subject, reference } = sample
  await attachSignature(repository, subject, by, { ...options, reference, mode: 'bundle' })
  sample.registry.clearRequests()
  return sample
}

/** A cache that notes what it is asked. */
function createWatchedCache(): VerificationCache & { readonly hits: string[]; readonly kept: string[] } {
  const inner = createVerificationCache()
  const hits: string[] = []
  const kept: string[] = []
  return {
    hits,
    kept,
    async get(key) {
      const value = await inner.get(key)
      if (value !== undefined) hits.push((JSON.parse(value) as { state: string }).state)
      return value
    },
    set(key, value, options) {
      kept.push((JSON.parse(value) as { state: string }).state)
      return inner.set(key, value, options)
    },
  }
}

const blobReads = ({ registry }: SampleRepository): number =>
  registry.requests.filter(({ kind, method }) => kind === 'blob' && method === 'GET').length

describe('createImageVerifier', () => {
  it('remembers a verified signature and does not read it again, even for another verifier', async () => {
    await using sample = await startSigned()
    const cache = createWatchedCache()
    const { repository, subject } = sample
    const first = await createImageVerifier({ requirements: [signature], cache }).verify(
      repository,
      subject.digest,
    )
    expect([blobReads(sample), cache.kept, cache.hits]).toEqual([1, ['verified'], []])
    const second = await createImageVerifier({ requirements: [signature], cache }).verify(
      repository,
      subject.digest,
    )
    expect([blobReads(sample), cache.kept, cache.hits]).toEqual([1, ['verified'], ['verified']])
    expect(second).toEqual(first)
    expect(second.verdict).toBe('pass')
  })

  it('remembers nothing for other keys', async () => {
    await using sample = await startSigned()
    const cache = createWatchedCache()
    const { repository, subject } = sample
    await createImageVerifier({ requirements: [signature], cache }).verify(repository, subject.digest)
    const other = createImageVerifier({
      requirements: [{ kind: 'signature', by: { keys: [stranger.publicKey] } }],
      cache,
    })
    expect(await other.verify(repository, subject.digest)).toMatchObject({ verdict: 'fail' })
    expect(cache.hits).toEqual([])
  })

  it.each([
    ['another algorithm', { algorithm: 'ecdsa-sha2-384-nistp384' }],
    ['another name', { hint: 'SHA256:its-name' }],
  ] as const)('remembers nothing for the same key with %s', async (_, named) => {
    await using sample = await startSigned()
    const cache = createWatchedCache()
    const { repository, subject } = sample
    await createImageVerifier({ requirements: [signature], cache }).verify(repository, subject.digest)
    const keys = [{ pem: signer.publicKey, ...named }]
    const requirements: Requirement[] = [{ kind: 'signature', by: { keys } }]
    await createImageVerifier({ requirements, cache }).verify(repository, subject.digest)
    expect(cache.hits).toEqual([])
  })

  it('does not take what was verified about one image for another', async () => {
    await using sample = await startSampleRepository()
    const { repository, subject } = sample
    const cache = createWatchedCache()
    const verifier = createImageVerifier({ requirements: [signature], cache })
    const statement = createStatement([{ digest: subject.digest }], predicateTypes.cosignSign, {})
    const { bundle } = await signStatement(statement, signer)
    const image = await plant(repository, { layers: [] })
    // The very same bytes for both.
    for (const about of [subject, image.descriptor]) {
      await plant(repository, {
        subject: about,
        artifactType: wireFormat.bundle,
        layers: [{ mediaType: wireFormat.bundle, bytes: bundle }],
      })
    }
    expect(await verifier.verify(repository, subject.digest)).toMatchObject({ verdict: 'pass' })
    expect(await verifier.verify(repository, image.descriptor.digest)).toMatchObject({
      verdict: 'fail',
      requirements: [{ candidates: [{ code: 'subject-mismatch' }] }],
    })
    expect(cache.kept).toEqual(['verified', 'rejected'])
  })

  it('does not take what was verified of one signature for another of the same payload', async () => {
    await using sample = await startSampleRepository()
    const { repository, subject, reference } = sample
    const payload = createSimpleSigning({ image: subject.digest, reference, annotations: {} })
    const tag = legacyTag(subject.digest, 'sig')
    const store = async (...signers: TestSigner[]): Promise<void> => {
      const layers = signers.map(async (by) => ({
        mediaType: wireFormat.simpleSigning,
        bytes: payload,
        annotations: {
          [wireFormat.annotations.signature]: Buffer.from(await by.sign(payload)).toString('base64'),
        },
      }))
      await plant(repository, { tag, layers: await Promise.all(layers) })
    }
    const cache = createWatchedCache()
    const verifier = createImageVerifier({ requirements: [signature], cache })
    const verdictOf = async () => (await verifier.verify(repository, subject.digest)).verdict
    await store(stranger)
    expect(await verdictOf()).toBe('fail')
    await store(signer)
    expect(await verdictOf()).toBe('pass')
    await store(stranger)
    expect(await verdictOf()).toBe('fail')
    expect(cache.hits).toEqual([])
  })

  it('judges what changes with the clock anew', async () => {
    await using sample = await startSampleRepository()
    const { repository, subject } = sample
    await attachAttestation(repository, subject, summaryOf(subject.digest), signer, {
      ...options,
      mode: 'bundle',
    })
    let now = start
    const cache = createWatchedCache()
    const resourceUri = 'pkg:oci/app?repository_url=prod.example/team/app'
    const until = new Date('2026-01-02T06:00:00Z')
    const verifierWith = (requirement: Partial<Requirement>, pem: { validFor?: { end: Date } }) =>
      createImageVerifier({
        requirements: [
          {
            kind: 'vsa',
            resourceUri,
            verifiers: [
              { id: 'https://gate.example/prod', by: { keys: [{ pem: signer.publicKey, ...pem }] } },
            ],
            ...requirement,
          } as Requirement,
        ],
        cache,
        clock: { now: () => now },
      })
    const aged = verifierWith({ maxAgeMs: 2 * 3_600_000 } as Partial<Requirement>, {})
    const limited = verifierWith({}, { validFor: { end: until } })
    expect((await aged.verify(repository, subject.digest)).verdict).toBe('pass')
    expect((await limited.verify(repository, subject.digest)).verdict).toBe('pass')
    now = new Date('2026-01-02T06:00:01Z')
    expect(await aged.verify(repository, subject.digest)).toMatchObject({
      verdict: 'fail',
      requirements: [{ candidates: [{ code: 'too-old' }] }],
    })
    expect(await limited.verify(repository, subject.digest)).toMatchObject({
      verdict: 'fail',
      requirements: [{ candidates: [{ code: 'key-not-valid' }] }],
    })
    expect(cache.kept).toEqual(['verified'])
  })

  it('remembers a rejection for a limited time', async () => {
    await using sample = await startSigned(stranger)
    const kept: (number | undefined)[] = []
    const cache: VerificationCache = {
      get: () => undefined,
      set: (_key, _value, { ttlMs }) => {
        kept.push(ttlMs)
      },
    }
    const { repository, subject } = sample
    const verifier = createImageVerifier({ requirements: [signature], cache, negativeTtlMs: 5000 })
    expect(await verifier.verify(repository, subject.digest)).toMatchObject({ verdict: 'fail' })
    expect(kept).toEqual([5000])
  })

  it('never remembers that the registry did not answer', async () => {
    await using sample = await startSigned()
    const { registry, repository, subject } = sample
    const cache = createWatchedCache()
    const verifier = createImageVerifier({ requirements: [signature], cache })
    registry.setRequestHook(faultOn({ kind: 'blob' }, registryFaults.serverError()))
    expect(await verifier.verify(repository, subject.digest)).toMatchObject({ verdict: 'error' })
    expect(cache.kept).toEqual([])
    registry.setRequestHook(undefined)
    expect(await verifier.verify(repository, subject.digest)).toMatchObject({ verdict: 'pass' })
  })

  it('looks at a signature after all when another requirement needs its type', async () => {
    await using sample = await startSampleRepository()
    const { repository, subject } = sample
    await attachAttestation(repository, subject, summaryOf(subject.digest), signer, {
      ...options,
      mode: 'bundle',
    })
    const cache = createWatchedCache()
    const verdictOf = async (requirement: Requirement) =>
      (await createImageVerifier({ requirements: [requirement], cache }).verify(repository, subject.digest))
        .verdict
    expect(await verdictOf(signature)).toBe('fail')
    expect(await verdictOf({ kind: 'attestation', predicateType: 'https://example.com/other', by })).toBe(
      'fail',
    )
    expect(
      await verdictOf({
        kind: 'vsa',
        verifiers: [{ id: 'https://gate.example/prod', by }],
        resourceUri: 'pkg:oci/app?repository_url=prod.example/team/app',
      }),
    ).toBe('pass')
    expect([cache.kept, cache.hits]).toEqual([
      ['unneeded', 'verified'],
      ['unneeded', 'unneeded'],
    ])
  })

  it.each<[string, VerificationCache]>([
    [
      'that fails',
      {
        get: () => Promise.reject(new Error('down')),
        set: () => Promise.reject(new Error('down')),
      },
    ],
    ['that holds something else', { get: () => '{"state":"verified"}', set: () => {} }],
    ['that holds no JSON', { get: () => 'x', set: () => {} }],
  ])('verifies anew with a cache %s', async (what, cache) => {
    await using sample = await startSigned()
    const verdict = await createImageVerifier({ requirements: [signature], cache }).verify(
      sample.repository,
      sample.subject.digest,
    )
    expect(verdict.verdict).toBe('pass')
    expect(verdict.warnings.map(({ code }) => code)).toEqual(
      what === 'that fails' ? ['cache-unavailable'] : [],
    )
  })

  it('takes nothing from a cache that was kept under another name', async () => {
    await using signed = await startSigned()
    await using unsigned = await startSigned(stranger)
    const kept: string[] = []
    // Such as one whose names are cut, so that two are the same.
    const cache: VerificationCache = {
      get: () => kept[0],
      set: (_key, value) => {
        kept.push(value)
      },
    }
    const verifier = createImageVerifier({ requirements: [signature], cache })
    expect(await verifier.verify(signed.repository, signed.subject.digest)).toMatchObject({ verdict: 'pass' })
    expect(kept).toHaveLength(1)
    expect(await verifier.verify(unsigned.repository, unsigned.subject.digest)).toMatchObject({
      verdict: 'fail',
    })
  })

  it('answers the same question, asked at the same time, once', async () => {
    await using sample = await startSigned()
    const { registry, repository, subject } = sample
    const verifier = createImageVerifier({ requirements: [signature] })
    await verifier.verify(repository, subject.digest)
    const alone = registry.requests.length
    registry.clearRequests()
    const verdicts = await Promise.all(
      Array.from({ length: 20 }, () => verifier.verify(repository, subject.digest)),
    )
    expect(new Set(verdicts).size).toBe(1)
    expect(registry.requests.length).toBeLessThanOrEqual(alone)
    expect(await verifier.verify(repository, subject.digest)).not.toBe(verdicts[0])
  })
})

import { digestOf, mediaTypes } from '@sallyport/core'
import { fallbackTag, toRawManifest } from '@sallyport/oci'
import { describe, expect, it } from 'vitest'
import { generateSigningKey } from '../signing/generate-signing-key.ts'
import { keySigner } from '../signing/key-signer.ts'
import { signStatement } from '../statement/sign-statement.ts'
import { createStatement, predicateTypes } from '../statement/statement.ts'
import { attachAttestation, attachSignature } from '../storage/attach.ts'
import { wireFormat } from '../storage/wire-format.ts'
import { plant, type SampleRepository, startSampleRepository } from '../testing/sample-repository.ts'
import { resolveTrust } from '../trust/resolve-trust.ts'
import { gatherEvidence } from './gather-evidence.ts'
import { readEvidence } from './read-evidence.ts'

const { privateKey, publicKey } = generateSigningKey()
const signer = keySigner(privateKey)
const trust = resolveTrust({ keys: [publicKey] })
const options = { createdAt: new Date('2026-01-02T03:04:05Z'), settleMs: 0 }
const type = predicateTypes.vsa

const attach = ({ repository, subject }: SampleRepository, predicate: object = {}) =>
  attachAttestation(
    repository,
    subject,
    createStatement([{ digest: subject.digest }], type, predicate),
    signer,
    { ...options, mode: 'bundle' },
  )

/** Adds entries to the list of referrers that lead nowhere. */
async function listJunk({ repository, subject }: SampleRepository, count: number): Promise<void> {
  const tag = fallbackTag(subject.digest)
  const index = JSON.parse(Buffer.from((await repository.getManifest(tag)).bytes).toString()) as {
    manifests: object[]
  }
  const junk = Array.from({ length: count }, (_, at) => ({
    mediaType: mediaTypes.ociManifest,
    digest: digestOf(`junk ${at}`),
    size: 500,
    artifactType: wireFormat.bundle,
  }))
  const manifests = [...junk, ...index.manifests]
  await repository.putManifest(toRawManifest(Buffer.from(JSON.stringify({ ...index, manifests }))), { tag })
}

describe('gatherEvidence', () => {
  it('finds what is annotated as wanted among 10,000 other entries, and reads few of them', async () => {
    await using sample = await startSampleRepository({ referrersApi: false, checksChildren: false })
    await attach(sample)
    await listJunk(sample, 9_999)
    sample.registry.clearRequests()
    const report = await gatherEvidence(sample.repository, sample.subject.digest, {
      trust,
      predicateTypes: [type],
      isSatisfied: (verified) => verified.length > 0,
    })
    expect(report.verified).toHaveLength(1)
    // The lists and tags, the wanted manifest and its blob, and what the other five workers read meanwhile.
    expect(sample.registry.requests.length).toBeLessThan(200)
  })

  it('says when there are more referrers than are listed', async () => {
    await using sample = await startSampleRepository()
    await attach(sample)
    const { repository, subject } = sample
    const cutOff: typeof repository = {
      ...repository,
      listReferrerEntries: async (...asked) => ({
        ...(await repository.listReferrerEntries(...asked)),
        complete: false,
      }),
    }
    const { verified, rejected } = await gatherEvidence(cutOff, subject.digest, { trust })
    expect(verified).toHaveLength(1)
    expect(rejected).toMatchObject([{ reason: 'limit-exceeded', message: 'only 1 referrers were listed' }])
  })

  it('reads no more manifests than its limit, says so, and keeps what is annotated as wanted', async () => {
    await using sample = await startSampleRepository({ referrersApi: false, checksChildren: false })
    await attach(sample)
    await listJunk(sample, 200)
    sample.registry.clearRequests()
    const { verified, rejected } = await gatherEvidence(sample.repository, sample.subject.digest, {
      trust,
      predicateTypes: [type],
      limits: { maxCandidates: 50 },
    })
    expect(verified).toHaveLength(1)
    expect(rejected.filter(({ reason }) => reason === 'limit-exceeded')).toHaveLength(1)
    expect(rejected.filter(({ reason }) => reason === 'manifest-invalid')).toHaveLength(49)
    expect(sample.registry.requests.length).toBeLessThan(65)
  })

  it('judges small blobs before large ones, whatever they are annotated with', async () => {
    await using sample = await startSampleRepository()
    const { repository, subject } = sample
    const annotations = { [wireFormat.annotations.bundlePredicateType]: type }
    for (let at = 0; at < 3; at++) {
      const bytes = Buffer.alloc(300_000, `${at}`)
      const layers = [{ mediaType: wireFormat.bundle, bytes }]
      await plant(repository, { artifactType: wireFormat.bundle, subject, annotations, layers })
    }
    await attach(sample)
    const { verified, rejected } = await gatherEvidence(repository, subject.digest, {
      trust,
      predicateTypes: [type],
      limits: { maxTotalBytes: 400_000 },
    })
    expect(verified).toHaveLength(1)
    expect(rejected.map(({ reason }) => reason).sort()).toEqual([
      'bundle-invalid',
      'limit-exceeded',
      'limit-exceeded',
    ])
  })

  it('gives up on a blob that does not come, and finds the others', async () => {
    await using sample = await startSampleRepository()
    const { repository, subject, registry } = sample
    const slow = await attach(sample, { slow: true })
    const good = await attach(sample)
    const never = Promise.withResolvers<undefined>()
    registry.setRequestHook(({ digest }) => (digest === slow.pieces[0]?.blob ? never.promise : undefined))
    const { verified, rejected } = await gatherEvidence(repository, subject.digest, {
      trust,
      limits: { maxCandidateMs: 2_000 },
    })
    never.resolve(undefined)
    expect(verified).toMatchObject([{ manifest: good.pieces[0]?.manifest }])
    expect(rejected).toMatchObject([{ blob: slow.pieces[0]?.blob, reason: 'limit-exceeded' }])
  })

  it.each([
    ['sig', 'artifact-signature'],
    ['att', 'artifact-attestation'],
  ] as const)('reads experimental artifacts of cosign (%s)', async (kind, store) => {
    await using sample = await startSampleRepository()
    const { repository, subject, reference } = sample
    const statement = createStatement([{ digest: subject.digest }], type, {})
    await attachAttestation(repository, subject, statement, signer, { ...options, mode: 'legacy' })
    await attachSignature(repository, subject, signer, { ...options, mode: 'legacy', reference })
    const tag = `${fallbackTag(subject.digest)}.${kind}`
    const raw = await repository.getManifest(tag)
    const manifest = JSON.parse(Buffer.from(raw.bytes).toString()) as object
    const artifactType = `application/vnd.dev.cosign.artifact.${kind}.v1+json`
    await repository.putManifest(
      toRawManifest(Buffer.from(JSON.stringify({ ...manifest, artifactType, subject }))),
    )
    const { verified, rejected } = await gatherEvidence(repository, subject.digest, {
      trust,
      stores: [store],
    })
    expect(rejected).toEqual([])
    expect(verified).toMatchObject([{ store, signer: { kind: 'key', keyId: signer.keyId } }])
  })

  it('looks into another repository, and says what was found there', async () => {
    await using sample = await startSampleRepository()
    await using elsewhere = await startSampleRepository()
    const { repository, subject, reference } = sample
    const evidenceRepository = elsewhere.repository
    const attached = await attachSignature(repository, subject, signer, {
      ...options,
      reference,
      evidenceRepository,
    })
    expect(attached.written).toBe(true)
    const without = await readEvidence(repository, subject.digest, { keys: [publicKey] })
    expect(without.verified).toEqual([])
    const report = await readEvidence(repository, subject.digest, { keys: [publicKey], evidenceRepository })
    expect(report.verified.map(({ store, repository: place }) => [store, place])).toEqual([
      ['bundle', evidenceRepository.name],
      ['legacy-signature', evidenceRepository.name],
    ])
  })

  it('takes a signature over the bytes of the manifest for no signature of the image', async () => {
    await using sample = await startSampleRepository()
    const { repository, subject } = sample
    const { bytes: content } = await repository.getManifest(subject.digest)
    const { bundle } = await signStatement(createStatement([{ digest: subject.digest }], type, {}), signer)
    const { dsseEnvelope: _, ...rest } = JSON.parse(Buffer.from(bundle).toString()) as Record<string, unknown>
    const digest = Buffer.from(subject.digest.slice('sha256:'.length), 'hex').toString('base64')
    const signature = Buffer.from(await signer.sign(content)).toString('base64')
    const messageSignature = { messageDigest: { algorithm: 'SHA2_256', digest }, signature }
    const bytes = Buffer.from(JSON.stringify({ ...rest, messageSignature }))
    const annotations = { [wireFormat.annotations.bundleContent]: 'message-signature' }
    const layers = [{ mediaType: wireFormat.bundle, bytes }]
    await plant(repository, { artifactType: wireFormat.bundle, subject, annotations, layers })
    const { verified, rejected } = await readEvidence(repository, subject.digest, { keys: [publicKey] })
    expect(verified).toEqual([])
    expect(rejected).toMatchObject([{ store: 'bundle', reason: 'statement-invalid' }])
  })

  it('is satisfied although the registry fails for something else', async () => {
    await using sample = await startSampleRepository()
    const { repository, subject, registry } = sample
    const bad = await attach(sample, { other: true })
    await attach(sample)
    registry.setRequestHook(({ digest }) =>
      digest === bad.pieces[0]?.blob ? { type: 'respond', status: 403 } : undefined,
    )
    const isSatisfied = (verified: readonly unknown[]): boolean => verified.length > 0
    const report = await gatherEvidence(repository, subject.digest, { trust, isSatisfied })
    expect(report.verified).toHaveLength(1)
    await expect(gatherEvidence(repository, subject.digest, { trust })).rejects.toMatchObject({
      code: 'DENIED',
    })
  })
})

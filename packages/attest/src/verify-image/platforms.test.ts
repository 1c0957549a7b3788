import { type Descriptor, type Digest, digestOf, mediaTypes } from '@sallyport/core'
import { createImage, createImageIndex, pushImage } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { attachAttestation, attachSignature } from '../storage/attach.ts'
import { createTestSigner, sbomOf } from '../testing/gate-signers.ts'
import { type SampleRepository, startSampleRepository } from '../testing/sample-repository.ts'
import { createImageVerifier } from './create-image-verifier.ts'
import type { ImageVerdict } from './image-verdict.ts'
import type { Requirement } from './requirement.ts'
import { verifyImage, type VerifyImageOptions } from './verify-image.ts'

const signer = createTestSigner()
const signature: Requirement = { kind: 'signature', by: { keys: [signer.publicKey] } }
const createdAt = new Date('2026-01-02T03:04:05Z')

interface SampleIndex {
  readonly index: Descriptor
  readonly amd64: Descriptor
  readonly arm64: Descriptor
}

/** An index of two images and the document that BuildKit lists beside the first. */
async function pushIndex({ repository }: SampleRepository): Promise<SampleIndex> {
  const amd64 = createImage({ layers: [{ files: { 'etc/arch': 'amd64' } }] })
  const arm64 = createImage({ platform: 'linux/arm64', layers: [{ files: { 'etc/arch': 'arm64' } }] })
  const document = createImage({ layers: [{ files: { 'provenance.json': '{}' } }] })
  const members = { 'linux/amd64': amd64, 'linux/arm64': arm64, 'unknown/unknown': document }
  for (const image of Object.values(members)) await pushImage(repository, image)
  const index = createImageIndex(members)
  await pushImage(repository, index, 'multi')
  return { index: index.raw.descriptor, amd64: amd64.raw.descriptor, arm64: arm64.raw.descriptor }
}

async function sign({ repository, reference }: SampleRepository, ...subjects: Descriptor[]): Promise<void> {
  for (const subject of subjects) {
    await attachSignature(repository, subject, signer, { createdAt, settleMs: 0, reference, mode: 'bundle' })
  }
}

const verify = (
  { repository }: SampleRepository,
  reference: string,
  options: Partial<VerifyImageOptions> = {},
): Promise<ImageVerdict> => verifyImage(repository, reference, { requirements: [signature], ...options })

describe('verifyImage of an index', () => {
  it.each<[string, (keyof SampleIndex)[], VerifyImageOptions['subject'], string]>([
    ['the index alone is signed and asked for', ['index'], undefined, 'pass'],
    ['the index alone is signed, and its platforms are asked for', ['index'], 'platforms', 'fail'],
    ['all platforms are signed and asked for', ['amd64', 'arm64'], 'platforms', 'pass'],
    ['one platform is not signed', ['amd64', 'index'], 'platforms', 'fail'],
    ['all platforms are signed, and the index is asked for', ['amd64', 'arm64'], 'index', 'fail'],
    ['both are asked for, and the index is not signed', ['amd64', 'arm64'], 'both', 'fail'],
    ['both are asked for and signed', ['index', 'amd64', 'arm64'], 'both', 'pass'],
  ])('when %s', async (_, signed, subject, expected) => {
    await using sample = await startSampleRepository()
    const pushed = await pushIndex(sample)
    await sign(sample, ...signed.map((name) => pushed[name]))
    const verdict = await verify(sample, 'multi', { subject })
    expect(verdict).toMatchObject({ verdict: expected, digest: pushed.index.digest })
    const judged = {
      index: ['index'],
      platforms: ['amd64', 'arm64'],
      both: ['index', 'amd64', 'arm64'],
    } as const
    expect(verdict.subjects.map(({ digest }) => digest)).toEqual(
      judged[subject ?? 'index'].map((name) => pushed[name].digest),
    )
  })

  it('names the platform of each image', async () => {
    await using sample = await startSampleRepository()
    const pushed = await pushIndex(sample)
    await sign(sample, pushed.amd64)
    const { subjects } = await verify(sample, 'multi', { subject: 'platforms' })
    expect(subjects).toMatchObject([
      { verdict: 'pass', platform: { os: 'linux', architecture: 'amd64' } },
      { verdict: 'fail', platform: { os: 'linux', architecture: 'arm64' } },
    ])
  })

  it.each(['platforms', 'both', 'index'] as const)(
    'judges an image that is no index the same way for %s',
    async (subject) => {
      await using sample = await startSampleRepository()
      await sign(sample, sample.subject)
      const verdict = await verify(sample, sample.subject.digest, { subject })
      expect(verdict).toMatchObject({ verdict: 'pass', subjects: [{ digest: sample.subject.digest }] })
    },
  )

  const pushManifests = async (
    { repository }: SampleRepository,
    manifests: unknown[],
  ): Promise<Descriptor> => {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }))
    const descriptor = { mediaType: mediaTypes.ociIndex, digest: digestOf(bytes), size: bytes.byteLength }
    await repository.putManifest({ bytes, descriptor })
    return descriptor
  }

  it('can’t judge the platforms of an index that lists none', async () => {
    await using sample = await startSampleRepository()
    const empty = await pushManifests(sample, [])
    const verdict = await verify(sample, empty.digest, { subject: 'platforms' })
    expect(verdict).toMatchObject({ verdict: 'error', allow: false, error: { code: 'no-platforms' } })
  })

  it('can’t judge the platforms of an index that lists more than anybody runs', async () => {
    await using sample = await startSampleRepository({ checksChildren: false })
    const platforms = Array.from({ length: 65 }, (_, at) => ({
      ...sample.subject,
      digest: digestOf(`platform ${at}`),
    }))
    const { digest } = await pushManifests(sample, platforms)
    const verdict = await verify(sample, digest, { subject: 'platforms' })
    expect(verdict).toMatchObject({ verdict: 'error', allow: false, error: { code: 'limit-exceeded' } })
  })

  it('can’t judge the platforms of an index that lists another index', async () => {
    await using sample = await startSampleRepository()
    const outer = await pushManifests(sample, [sample.subject, await pushManifests(sample, [])])
    const verdict = await verify(sample, outer.digest, { subject: 'both' })
    expect(verdict).toMatchObject({ verdict: 'error', allow: false, error: { code: 'index-nested' } })
  })
})

describe('verifyImage of a platform through its index', () => {
  it('counts evidence about an index that lists it, and says so', async () => {
    await using sample = await startSampleRepository()
    const { index, amd64 } = await pushIndex(sample)
    await sign(sample, index)
    expect(await verify(sample, amd64.digest)).toMatchObject({ verdict: 'fail' })
    const verdict = await verify(sample, amd64.digest, { via: index.digest })
    expect(verdict).toMatchObject({
      verdict: 'pass',
      digest: amd64.digest,
      requirements: [{ subject: amd64.digest, evidence: [{ subject: index.digest }] }],
    })
  })

  it('does not count an index that does not list it, though it is signed', async () => {
    await using sample = await startSampleRepository()
    const { index } = await pushIndex(sample)
    await sign(sample, index)
    expect(await verify(sample, sample.subject.digest, { via: index.digest })).toMatchObject({
      verdict: 'error',
      error: { code: 'parent-mismatch' },
    })
  })

  it('does not count an index that is not in the repository', async () => {
    await using sample = await startSampleRepository()
    const elsewhere: Digest = digestOf('an index of another repository')
    expect(await verify(sample, sample.subject.digest, { via: elsewhere })).toMatchObject({
      verdict: 'error',
      error: { code: 'MANIFEST_NOT_FOUND' },
    })
  })

  it('does not count an index of another repository, not even of the one that evidence is kept in', async () => {
    await using sample = await startSampleRepository({ checksChildren: false })
    await using elsewhere = await startSampleRepository()
    const { index, amd64 } = await pushIndex(elsewhere)
    await sign(elsewhere, index)
    await sample.repository.putManifest(await elsewhere.repository.getManifest(amd64.digest))
    expect(await verify(elsewhere, amd64.digest, { via: index.digest })).toMatchObject({ verdict: 'pass' })
    for (const evidenceRepository of [undefined, elsewhere.repository]) {
      expect(await verify(sample, amd64.digest, { via: index.digest, evidenceRepository })).toMatchObject({
        verdict: 'error',
        allow: false,
        error: { code: 'MANIFEST_NOT_FOUND' },
      })
    }
  })

  it('does not count an index that is not signed', async () => {
    await using sample = await startSampleRepository()
    const { index, amd64 } = await pushIndex(sample)
    expect(await verify(sample, amd64.digest, { via: index.digest })).toMatchObject({ verdict: 'fail' })
  })

  it('leaves the platforms of an index to their own evidence, whatever lists the index', async () => {
    await using sample = await startSampleRepository()
    const { index } = await pushIndex(sample)
    const bytes = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [index] }),
    )
    const outer = { mediaType: mediaTypes.ociIndex, digest: digestOf(bytes), size: bytes.byteLength }
    await sample.repository.putManifest({ bytes, descriptor: outer })
    await sign(sample, outer)
    expect(await verify(sample, 'multi', { via: outer.digest })).toMatchObject({ verdict: 'pass' })
    expect(await verify(sample, 'multi', { via: outer.digest, subject: 'platforms' })).toMatchObject({
      verdict: 'fail',
    })
  })

  it('answers different questions about one image apart, asked at the same time', async () => {
    await using sample = await startSampleRepository()
    const { repository } = sample
    const { index, amd64 } = await pushIndex(sample)
    await sign(sample, index)
    const verifier = createImageVerifier({ requirements: [signature] })
    const verdicts = await Promise.all([
      verifier.verify(repository, amd64.digest, { via: index.digest }),
      verifier.verify(repository, amd64.digest),
      verifier.verify(repository, 'multi'),
      verifier.verify(repository, 'multi', { subject: 'platforms' }),
      verifier.verify(repository, 'multi', { subject: 'both' }),
    ])
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['pass', 'fail', 'pass', 'fail', 'fail'])
  })

  it('takes no SBOM of the index for one of the image', async () => {
    await using sample = await startSampleRepository()
    const { index, amd64 } = await pushIndex(sample)
    const options = { createdAt, settleMs: 0 }
    await attachAttestation(sample.repository, index, sbomOf(index.digest), signer, options)
    const requirements: Requirement[] = [{ kind: 'sbom', by: { keys: [signer.publicKey] } }]
    expect(await verify(sample, index.digest, { requirements })).toMatchObject({ verdict: 'pass' })
    expect(await verify(sample, amd64.digest, { requirements, via: index.digest })).toMatchObject({
      verdict: 'fail',
    })
  })
})

import { type Descriptor, type Digest, digestOf } from '@sallyport/core'
import { fallbackTag } from '@sallyport/oci'
import { registryProfiles } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { generateSigningKey } from '../signing/generate-signing-key.ts'
import { keySigner } from '../signing/key-signer.ts'
import { createStatement, predicateTypes } from '../statement/statement.ts'
import { plant, startSampleRepository, writesOf } from '../testing/sample-repository.ts'
import { readEvidence } from '../verify/read-evidence.ts'
import { attachAttestation, attachSignature } from './attach.ts'
import type { StorageMode } from './attach-options.ts'
import { legacyTag } from './legacy-tag.ts'

const signer = keySigner(generateSigningKey().privateKey)
const keys = [signer.publicKey]
const createdAt = new Date('2026-01-02T03:04:05.678Z')
const options = { createdAt, settleMs: 0 }
const about = (digest: Digest, predicate: object = { bomFormat: 'CycloneDX' }) =>
  createStatement([{ digest }], predicateTypes.cyclonedx, predicate)

const registries = [
  { name: 'with the referrers API', quirks: {} },
  { name: 'like distribution 2.8', quirks: registryProfiles['distribution-2.8'] },
  { name: 'without HEAD of manifests', quirks: registryProfiles.nexus },
]
const modes: { mode: StorageMode; attestation: string[]; signature: string[] }[] = [
  { mode: 'bundle', attestation: ['bundle'], signature: ['bundle'] },
  { mode: 'legacy', attestation: ['legacy-attestation'], signature: ['legacy-signature'] },
  { mode: 'both', attestation: ['bundle', 'legacy-attestation'], signature: ['bundle', 'legacy-signature'] },
]

describe.each(registries)('in a registry $name', ({ quirks }) => {
  it.each(modes)('attaches in mode $mode, once', async ({ mode, attestation, signature }) => {
    await using sample = await startSampleRepository(quirks)
    const { repository, subject, registry, reference } = sample
    const attach = async () => [
      await attachAttestation(repository, subject, about(subject.digest), signer, { ...options, mode }),
      await attachSignature(repository, subject, signer, { ...options, mode, reference }),
    ]
    const first = await attach()
    expect(first.map(({ written }) => written)).toEqual([true, true])
    expect(first.map(({ pieces }) => pieces.map(({ store }) => store))).toEqual([attestation, signature])
    const report = await readEvidence(repository, subject.digest, { keys })
    expect(report.rejected).toEqual([])
    expect(report.verified.map(({ store }) => store).toSorted()).toEqual(
      [...attestation, ...signature].toSorted(),
    )
    for (const piece of first.flatMap(({ pieces }) => pieces)) {
      expect(report.verified).toContainEqual(expect.objectContaining(piece))
    }

    const before = registry.snapshot()
    registry.clearRequests()
    const second = await attach()
    expect(writesOf(registry)).toEqual([])
    expect(registry.snapshot()).toEqual(before)
    expect(second).toEqual(first.map((result) => ({ ...result, written: false })))
  })
})

it('refuses to attach a bundle that the registry could not list, and attaches in mode legacy', async () => {
  await using sample = await startSampleRepository(registryProfiles['distribution-2.8'])
  const { repository, subject } = sample
  // Some tools put an image at the tag where the list of its referrers should stand.
  const image = await repository.getManifest(subject.digest)
  await repository.putManifest(image, { tag: fallbackTag(subject.digest) })
  const attach = (mode: StorageMode) =>
    attachAttestation(repository, subject, about(subject.digest), signer, { ...options, mode })
  await expect(attach('bundle')).rejects.toMatchObject({ name: 'OciError', code: 'TAG_CONFLICT' })
  await expect(attach('legacy')).resolves.toMatchObject({ written: true })
  const report = await readEvidence(repository, subject.digest, { keys })
  expect(report).toMatchObject({ verified: [{ store: 'legacy-attestation' }], rejected: [] })
})

it('attaches where a registry answers with the image itself in place of a list that is not there', async () => {
  await using sample = await startSampleRepository(registryProfiles.gitlab)
  const { repository, subject } = sample
  await attachAttestation(repository, subject, about(subject.digest), signer, { ...options, mode: 'bundle' })
  const report = await readEvidence(repository, subject.digest, { keys })
  expect(report).toMatchObject({ verified: [{ store: 'bundle' }], rejected: [] })
})

it.each([
  ['with', {}],
  ['without', registryProfiles['distribution-2.8']],
])('keeps what two clients attach at once in a registry %s the referrers API', async (_, quirks) => {
  await using sample = await startSampleRepository(quirks)
  const { subject, connect, reference } = sample
  const other = keySigner(generateSigningKey().privateKey)
  await Promise.all([
    attachAttestation(connect(), subject, about(subject.digest, { version: 1 }), signer, {
      createdAt,
      settleMs: 50,
    }),
    attachAttestation(connect(), subject, about(subject.digest, { version: 2 }), other, {
      createdAt,
      settleMs: 50,
    }),
    attachSignature(connect(), subject, signer, { createdAt, settleMs: 50, reference }),
    attachSignature(connect(), subject, other, { createdAt, settleMs: 50, reference }),
  ])
  const report = await readEvidence(sample.repository, subject.digest, {
    keys: [signer.publicKey, other.publicKey],
  })
  expect(report.rejected).toEqual([])
  for (const { keyId } of [signer, other]) {
    expect(
      report.verified
        .filter((evidence) => evidence.signer.kind === 'key' && evidence.signer.keyId === keyId)
        .map(({ store }) => store)
        .toSorted(),
    ).toEqual(['bundle', 'bundle', 'legacy-attestation', 'legacy-signature'])
  }
})

it('adds no layer that readers would not look at', async () => {
  await using sample = await startSampleRepository()
  const { repository, subject, registry } = sample
  const tag = legacyTag(subject.digest, 'att')
  const first = await plant(repository, { layers: [{ mediaType: 'a/b', bytes: Buffer.from('same') }] })
  const manifest = JSON.parse(Buffer.from(first.bytes).toString()) as { layers: Descriptor[] }
  const layers = Array.from({ length: 1000 }, (_, index) => ({
    ...manifest.layers[0],
    annotations: { index: `${index}` },
  }))
  const bytes = Buffer.from(JSON.stringify({ ...manifest, layers }))
  const descriptor = { ...first.descriptor, digest: digestOf(bytes), size: bytes.byteLength }
  await repository.putManifest({ bytes, descriptor }, { tag })
  await expect(
    attachAttestation(repository, subject, about(subject.digest), signer, { ...options, mode: 'legacy' }),
  ).rejects.toMatchObject({ name: 'AttestError', code: 'LIMIT_EXCEEDED' })
  expect(registry.resolve('team/app', tag)).toBe(descriptor.digest)
})

it.each([
  ['fails', { sign: async () => Promise.reject(new Error('no service')) }],
  ['signs something else', { sign: async () => signer.sign(Buffer.from('other')) }],
  ['answers with rubbish', { sign: async () => Buffer.from('rubbish') }],
  ['names another key', { keyId: 'other' }],
])('stores nothing when the signer %s', async (_, change) => {
  await using sample = await startSampleRepository()
  const { repository, subject, registry, reference } = sample
  const bad = { ...signer, ...change }
  await expect(
    attachAttestation(repository, subject, about(subject.digest), bad, options),
  ).rejects.toMatchObject({ code: 'SIGNING_FAILED' })
  await expect(
    attachSignature(repository, subject, bad, { ...options, reference, mode: 'legacy' }),
  ).rejects.toMatchObject({ code: 'SIGNING_FAILED' })
  expect(writesOf(registry)).toEqual([])
})

it('rejects with the reason of an abort and asks nothing', async () => {
  await using sample = await startSampleRepository()
  const { repository, subject, registry } = sample
  const reason = new Error('enough')
  const signal = AbortSignal.abort(reason)
  await expect(
    attachAttestation(repository, subject, about(subject.digest), signer, { ...options, signal }),
  ).rejects.toBe(reason)
  expect(registry.requests).toEqual([])
})

import { digestOf, type RawManifest } from '@sallyport/core'
import {
  copy,
  createRegistryClient,
  parseIndex,
  parseReference,
  type RegistryRepository,
} from '@sallyport/oci'
import { describe, expect, it } from 'vitest'
import { collectBytes } from '../contracts/contract-subject.ts'
import { tagsOf } from '../contracts/contract-repository.ts'
import { registryProfiles } from '../registry/quirks/registry-profiles.ts'
import { faithfulRegistry, type RegistryQuirks } from '../registry/quirks/registry-quirks.ts'
import { startRegistry, type TestRegistry } from '../registry/start-registry.ts'
import {
  pushSample,
  sampleBlobs,
  sampleChild,
  sampleCosignTag,
  sampleEvidence,
  sampleIndex,
  sampleManifests,
  sampleReferrer,
} from '../testing/evidence-sample.ts'

interface Place extends AsyncDisposable {
  readonly quirks: RegistryQuirks
  readonly registry: TestRegistry
  readonly repository: RegistryRepository
}

/** An empty repository of a registry, and a client of its own. */
async function open(differences: Partial<RegistryQuirks>, withTokens: boolean): Promise<Place> {
  // Short pages, so that every list of tags has several.
  const quirks = { ...faithfulRegistry, ...differences, tagsPageSize: 2 }
  const user = { username: 'robot', password: 'secret' }
  const auth = withTokens ? ({ ...user, scheme: 'token' } as const) : undefined
  const registry = await startRegistry({ quirks, auth })
  const client = createRegistryClient({
    sleep: async (_, signal) => signal?.throwIfAborted(),
    credentials: { find: async () => (withTokens ? { type: 'password', ...user } : undefined) },
  })
  return {
    quirks,
    registry,
    repository: client.repository(parseReference(`${registry.host}/team/app`)),
    async [Symbol.asyncDispose]() {
      await client.close()
      await registry.close()
    },
  }
}

const fallbackTagPattern = /^sha256-[0-9a-f]{64}$/

/** Whether the client leaves the list of referrers to the registry. */
function keepsLists({ referrersApi, ociSubjectHeader = referrersApi }: RegistryQuirks): boolean {
  return referrersApi && ociSubjectHeader
}

/** Compares what a repository holds with the sample; beside it there may be lists of referrers and nothing else. */
async function expectSample(place: Place, tags: readonly string[]): Promise<void> {
  const { registry, repository, quirks } = place
  const { manifests, blobs, tags: found } = registry.snapshot()['team/app']!
  const root = sampleIndex.raw.descriptor.digest
  const wanted = Object.fromEntries(tags.map((tag) => [tag, root]))
  const entries = Object.entries(found)
  expect(Object.fromEntries(entries.filter(([tag]) => !fallbackTagPattern.test(tag)))).toEqual({
    ...wanted,
    [sampleCosignTag.tag]: sampleCosignTag.descriptor.digest,
  })
  expect(manifests.filter((digest) => sampleManifests.includes(digest))).toEqual(sampleManifests)
  expect(blobs).toEqual(sampleBlobs)
  const lists = entries.filter(([tag]) => fallbackTagPattern.test(tag)).map(([tag]) => tag)
  const listed = keepsLists(quirks) ? [] : sampleEvidence.map(({ subject }) => subject.replace(':', '-'))
  expect(lists).toEqual(listed.toSorted())
  const others = manifests.filter((digest) => !sampleManifests.includes(digest))
  expect(others.length === 0).toBe(keepsLists(quirks))
  const referrers = sampleEvidence.flatMap((each) => each.referrers)
  for (const digest of others) {
    const { manifests: entries } = parseIndex(await repository.getManifest(digest))
    expect(referrers).toEqual(expect.arrayContaining([...entries]))
  }
}

/** What the referrers API of a registry says, as the client tells it. */
function apiAnswer({ referrersApi, referrersAbsence }: RegistryQuirks): string {
  if (referrersApi) return 'listed'
  const answers = { 401: 'denied', 403: 'denied', 404: 'missing', 406: 'unusable', 'html-login': 'unusable' }
  return answers[referrersAbsence]
}

async function expectEvidence({ repository, quirks }: Place): Promise<void> {
  for (const { subject, referrers } of sampleEvidence) {
    const found = await repository.discoverReferrers(subject)
    const byDigest = (a: { digest: string }, b: { digest: string }): number => (a.digest < b.digest ? -1 : 1)
    expect(found.referrers.map(({ descriptor }) => descriptor).toSorted(byDigest)).toEqual(
      referrers.toSorted(byDigest),
    )
    expect(found).toMatchObject({
      rejected: [],
      referrersApi: apiAnswer(quirks),
      fallbackTag: keepsLists(quirks) ? (quirks.resolvesDigestTags ? 'foreign' : 'missing') : 'index',
      cosignTags: subject === sampleIndex.raw.descriptor.digest ? [sampleCosignTag] : [],
    })
    for (const { mechanisms } of found.referrers) {
      expect(mechanisms).toEqual([
        ...(quirks.referrersApi ? ['referrers-api'] : []),
        ...(keepsLists(quirks) ? [] : ['fallback-tag']),
      ])
    }
  }
}

async function expectContent({ repository }: Place, tag: string): Promise<void> {
  const same = async (reference: string, expected: RawManifest): Promise<void> => {
    const { bytes, descriptor } = await repository.getManifest(reference)
    expect(Buffer.from(bytes).equals(expected.bytes)).toBe(true)
    expect(descriptor).toEqual(expected.descriptor)
  }
  await same(tag, sampleIndex.raw)
  for (const child of sampleIndex.children) await same(child.descriptor.digest, child)
  for (const blob of sampleIndex.blobs) {
    const bytes = await collectBytes(repository.open(blob))
    expect([digestOf(bytes), bytes.byteLength]).toEqual([blob.digest, blob.size])
  }
}

/** Copies the sample, twice, and tells how many blobs were brought each time. */
async function copySample(source: Place, target: Place): Promise<number[]> {
  const copied: number[] = []
  for (let time = 0; time < 2; time++) {
    const report = await copy(source.repository, target.repository, { from: 'v1', tag: 'v1' })
    copied.push(report.blobs.copied)
    expect(report.manifests.map(({ descriptor }) => descriptor.digest).toSorted()).toEqual(sampleManifests)
    expect([report.rejected, report.filtered, report.conflicts]).toEqual([[], [], []])
  }
  await expectSample(target, ['v1'])
  await expectContent(target, 'v1')
  await expectEvidence(target)
  return copied
}

const registries: readonly (readonly [string, Partial<RegistryQuirks>])[] = [
  ['faithful', {}],
  ...Object.entries(registryProfiles),
]

describe.each([
  ['open to anybody', false],
  ['with tokens', true],
])('%s', (_title, withTokens) => {
  describe.each(registries)('%s', (_name, quirks) => {
    it('keeps an index with its evidence, byte for byte, and shows all of it', async () => {
      await using place = await open(quirks, withTokens)
      const { repository } = place
      await pushSample(repository, 'v1')
      const tags = ['v1', 'v2', 'v3', 'v4', 'v5']
      for (const tag of tags) await repository.putManifest(sampleIndex.raw, { tag })
      await expectSample(place, tags)
      expect((await tagsOf(repository)).filter((tag) => !fallbackTagPattern.test(tag))).toEqual([
        sampleCosignTag.tag,
        ...tags,
      ])
      await expectContent(place, 'v3')
      await expectEvidence(place)
    })

    it('is copied with evidence to a faithful registry', async () => {
      await using source = await open(quirks, withTokens)
      await using target = await open({}, withTokens)
      await pushSample(source.repository, 'v1')
      expect(await copySample(source, target)).toEqual([sampleBlobs.length, 0])
    })

    it('takes a copy with evidence from a faithful registry', async () => {
      await using source = await open({}, withTokens)
      await using target = await open(quirks, withTokens)
      await pushSample(source.repository, 'v1')
      expect(await copySample(source, target)).toEqual([sampleBlobs.length, 0])
    })

    it(`${quirks.immutableTags ? 'refuses to move' : 'moves'} a tag`, async () => {
      await using place = await open(quirks, withTokens)
      await pushSample(place.repository, 'v1')
      const move = place.repository.putManifest(sampleChild, { tag: 'v1' })
      if (quirks.immutableTags) {
        const statuses = { conflict: 409, 'tag-invalid': 400, precondition: 412 } as const
        await expect(move).rejects.toMatchObject({
          name: 'OciError',
          code: 'TAG_CONFLICT',
          status: statuses[quirks.immutableTagRefusal ?? 'conflict'],
        })
      } else await move
      const { digest } = (quirks.immutableTags ? sampleIndex.raw : sampleChild).descriptor
      expect((await place.repository.getManifest('v1')).descriptor.digest).toBe(digest)
    })
  })

  it.each([
    ['conflict', 409],
    ['tag-invalid', 400],
    ['precondition', 412],
  ] as const)(
    'a list of referrers under an immutable tag takes no more entries: %s, and says so',
    async (immutableTagRefusal, status) => {
      const quirks = { referrersApi: false, immutableTags: true, immutableTagRefusal }
      await using place = await open(quirks, withTokens)
      await pushSample(place.repository, 'v1')
      const late = sampleReferrer('late', sampleIndex.raw)
      const attach = place.repository.putManifest(late)
      await expect(attach).rejects.toMatchObject({
        name: 'OciError',
        code: 'TAG_CONFLICT',
        status,
        message: expect.stringContaining('The manifest is stored but not listed'),
      })
      expect(await place.repository.findManifest(late.descriptor.digest)).toBeDefined()
      await expectEvidence(place)
    },
  )
})

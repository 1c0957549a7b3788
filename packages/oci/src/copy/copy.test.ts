import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Digest, isIndexMediaType } from '@sallyport/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLayout } from '../layout/open-layout.ts'
import { parseIndex, parseManifest } from '../manifest/parse-manifest.ts'
import type { Repository } from '../ports/repository.ts'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import { createRegistryClient, type RegistryClient } from '../registry/create-registry-client.ts'
import { registryProfiles, startRegistry, type TestRegistry } from '../testing/embedded-registry.ts'
import { pushClosure, sampleCosign, type SampleClosure } from '../testing/sample-closure.ts'
import { collectAll, pushImage, sampleImage, sampleIndex, sampleReferrer } from '../testing/sample-image.ts'
import type { EvidenceOptions } from './copy-evidence.ts'
import type { CopyReport } from './copy-report.ts'
import { copy } from './copy.ts'

let folder: string
let client: RegistryClient
let registries: TestRegistry[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-closure-'))
  client = createRegistryClient({ settleMs: 0, retry: { attempts: 1 } })
  registries = []
})
afterEach(async () => {
  await client.close()
  for (const registry of registries) await registry.close()
  await rm(folder, { recursive: true, force: true })
})

async function registryWith(
  quirks: NonNullable<Parameters<typeof startRegistry>[0]>['quirks'] = {},
): Promise<{ registry: TestRegistry; repository: Repository }> {
  const registry = await startRegistry({ quirks })
  registries.push(registry)
  return { registry, repository: client.repository({ registry: registry.host, repository: 'team/app' }) }
}

const kinds: readonly (readonly [string, () => Promise<Repository>])[] = [
  ['a registry with the referrers API', async () => (await registryWith()).repository],
  [
    'a registry without it',
    async () => (await registryWith(registryProfiles['distribution-2.8'])).repository,
  ],
  ['a layout', () => openLayout(join(folder, `layout-${Math.random()}`), { create: true })],
]
const pairs = kinds.flatMap(([from, openSource]) =>
  kinds.map(([to, openTarget]) => [from, to, openSource, openTarget] as const),
)

async function expectClosure(repository: Repository, closure: SampleClosure): Promise<void> {
  for (const digest of closure.digests) {
    const raw = await repository.getManifest(digest)
    if (isIndexMediaType(raw.descriptor.mediaType)) continue
    const { config, layers } = parseManifest(raw)
    for (const blob of [config, ...layers]) expect(await repository.has(blob)).toBe(true)
  }
  const referrersOf = async (digest: Digest): Promise<Digest[]> =>
    (await repository.listReferrers(digest)).map((each) => each.digest).sort()
  const digestOf = ({ manifest }: { manifest: { descriptor: { digest: Digest } } }): Digest =>
    manifest.descriptor.digest
  expect(await referrersOf(closure.index.descriptor.digest)).toEqual([digestOf(closure.indexSbom)])
  expect(await referrersOf(digestOf(closure.indexSbom))).toEqual([digestOf(closure.sbomSignature)])
  expect(await referrersOf(digestOf(closure.amd64))).toEqual(
    [digestOf(closure.imageScan), closure.loop.descriptor.digest].sort(),
  )
  expect(await referrersOf(digestOf(closure.cosignSignature))).toEqual([digestOf(closure.signatureNote)])
  for (const [tag, digest] of Object.entries(closure.cosignTags)) {
    expect((await repository.getManifest(tag)).descriptor.digest).toBe(digest)
  }
}

const digestsOf = (report: CopyReport): Digest[] =>
  report.manifests.map(({ descriptor }) => descriptor.digest).sort()

describe('copy', () => {
  it.each(pairs)('copies an index with all evidence from %s to %s', async (_, __, openSource, openTarget) => {
    const source = await openSource()
    const target = await openTarget()
    const closure = await pushClosure(source, '1')
    const report = await copy(source, target, { from: '1', tag: 'prod' })
    expect((await target.getManifest('prod')).descriptor.digest).toBe(closure.index.descriptor.digest)
    await expectClosure(target, closure)
    expect(digestsOf(report)).toEqual(closure.digests)
    expect(report.manifests.every(({ outcome }) => outcome === 'copied')).toBe(true)
    expect(report.tags.map(({ tag }) => tag).sort()).toEqual(
      ['prod', ...Object.keys(closure.cosignTags)].sort(),
    )
    expect(report.tags.at(-1)).toEqual({ tag: 'prod', digest: closure.index.descriptor.digest })
    expect([report.rejected, report.filtered, report.conflicts]).toEqual([[], [], []])
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)

    const again = await copy(source, target, { from: '1', tag: 'prod' })
    expect(again).toMatchObject({ unchanged: true, tags: [], blobs: { copied: 0, bytes: 0 } })
    expect(digestsOf(again)).toEqual(closure.digests)
    expect(again.manifests.every(({ outcome }) => outcome === 'existing')).toBe(true)
  })

  it('tells what each manifest is and how it was found', async () => {
    const { repository: source } = await registryWith()
    const { repository: target } = await registryWith()
    const closure = await pushClosure(source, '1')
    const { manifests } = await copy(source, target, { from: '1' })
    const about = (digest: Digest): unknown => {
      const found = manifests.find(({ descriptor }) => descriptor.digest === digest)
      return [found?.role, found?.mechanisms, found?.parent]
    }
    const index = closure.index.descriptor.digest
    const amd64 = closure.amd64.manifest.descriptor.digest
    const api = ['referrers-api']
    expect(about(index)).toEqual(['root', ['request'], undefined])
    expect(about(amd64)).toEqual(['child', ['index'], index])
    expect(about(closure.document.manifest.descriptor.digest)).toEqual(['child', ['index'], index])
    expect(about(closure.loop.descriptor.digest)).toEqual(['referrer', api, amd64])
    expect(about(closure.sbomSignature.manifest.descriptor.digest)).toEqual([
      'referrer',
      api,
      closure.indexSbom.manifest.descriptor.digest,
    ])
    expect(about(closure.cosignSignature.manifest.descriptor.digest)).toEqual([
      'cosign-tag',
      ['cosign-tag'],
      index,
    ])
  })

  it('writes each manifest after what it refers to, then the tags of cosign, and its own tag last', async () => {
    const { repository: source } = await registryWith()
    const { repository: target, registry } = await registryWith({ checksChildren: true })
    const closure = await pushClosure(source, '1')
    registry.clearRequests()
    await copy(source, target, { from: '1', tag: 'prod' })
    const puts = registry.requests.filter(({ method, kind }) => method === 'PUT' && kind === 'manifest')
    const at = (digest: Digest): number => puts.findIndex(({ manifest }) => manifest?.digest === digest)
    for (const { manifest } of puts) {
      if (manifest?.subject !== undefined) {
        expect(at(manifest.subject)).toBeGreaterThanOrEqual(0)
        expect(at(manifest.subject)).toBeLessThan(at(manifest.digest))
      }
      if (manifest !== undefined && isIndexMediaType(manifest.mediaType)) {
        for (const child of parseIndex(await target.getManifest(manifest.digest)).manifests)
          expect(at(child.digest)).toBeLessThan(at(manifest.digest))
      }
    }
    const tagged = puts.flatMap(({ isTag, reference }) => (isTag ? [reference] : []))
    expect(tagged.toSorted()).toEqual([...Object.keys(closure.cosignTags), 'prod'].sort())
    expect(puts.slice(-3).every(({ isTag }) => isTag)).toBe(true)
    expect(puts.at(-1)?.reference).toBe('prod')
  })

  it('gives the target lists of referrers of its own', async () => {
    const { repository: source } = await registryWith(registryProfiles.ghcr)
    const { repository: target } = await registryWith()
    const closure = await pushClosure(source, '1')
    expect(await collectAll(source.listTags())).toContain(fallbackTag(closure.index.descriptor.digest))
    const report = await copy(source, target, { from: '1', tag: 'prod' })
    expect((await collectAll(target.listTags())).sort()).toEqual(
      ['prod', ...Object.keys(closure.cosignTags)].sort(),
    )
    expect(report.searched).toContainEqual({
      subject: closure.index.descriptor.digest,
      referrersApi: 'missing',
      fallbackTag: 'index',
    })
  })

  it('brings evidence that was attached since, and touches neither blobs nor the tag', async () => {
    const { repository: source } = await registryWith()
    const { repository: target, registry } = await registryWith()
    const closure = await pushClosure(source, '1')
    await copy(source, target, { from: '1', tag: 'prod' })
    const late = sampleReferrer(closure.arm64.manifest.descriptor, 'application/x.waiver')
    await pushImage(source, late)
    registry.clearRequests()
    const report = await copy(source, target, { from: '1', tag: 'prod' })
    expect(report.manifests.filter(({ outcome }) => outcome === 'copied')).toMatchObject([
      { descriptor: { digest: late.manifest.descriptor.digest }, role: 'referrer' },
    ])
    expect(registry.requests.filter(({ method }) => method === 'PUT')).toHaveLength(1)
    expect(await target.listReferrers(closure.arm64.manifest.descriptor.digest)).toHaveLength(1)
  })

  it('lists a manifest as a referrer that the target has, but does not list', async () => {
    const { repository: source } = await registryWith()
    // An interrupted copy: the manifest is stored, the fallback tag's index is not.
    const { repository: target, registry } = await registryWith(registryProfiles['distribution-2.8'])
    const image = sampleImage([10])
    await pushImage(source, image, '1')
    const referrer = sampleReferrer(image.manifest.descriptor, 'application/x.sbom')
    await pushImage(source, referrer)
    for (const { blob } of referrer.blobs) await target.write(blob, source.open(blob))
    await fetch(`${registry.url}/v2/team/app/manifests/${referrer.manifest.descriptor.digest}`, {
      method: 'PUT',
      headers: { 'content-type': referrer.manifest.descriptor.mediaType },
      body: Buffer.from(referrer.manifest.bytes),
    })
    expect(await target.listReferrers(image.manifest.descriptor.digest)).toEqual([])
    await copy(source, target, { from: '1', tag: '1' })
    expect(await target.listReferrers(image.manifest.descriptor.digest)).toHaveLength(1)
  })

  it('finds a referrer in a layout that an index about it lists', async () => {
    const { repository: source } = await registryWith()
    const layout = await openLayout(join(folder, 'loop'), { create: true })
    const image = sampleImage([10])
    const referrer = sampleReferrer(image.manifest.descriptor, 'application/x.sbom')
    const about = sampleIndex([], {
      manifests: [referrer.manifest.descriptor],
      subject: referrer.manifest.descriptor,
    })
    await pushImage(source, image, '1')
    await pushImage(source, referrer)
    await source.putManifest(about)
    const all = [image.manifest, referrer.manifest, about].map(({ descriptor }) => descriptor.digest).sort()
    expect(digestsOf(await copy(source, layout, { from: '1', tag: '1' }))).toEqual(all)
    const { repository: target } = await registryWith()
    expect(digestsOf(await copy(layout, target, { from: '1', tag: '1' }))).toEqual(all)
  })

  it('copies for chosen platforms with their evidence alone', async () => {
    const { repository: source } = await registryWith()
    const { repository: target } = await registryWith({ checksChildren: false })
    const closure = await pushClosure(source, '1')
    const sparse = await copy(source, target, {
      from: '1',
      platforms: [{ os: 'linux', architecture: 'arm64' }],
    })
    const { arm64, index, indexSbom, sbomSignature, cosignSignature, signatureNote } = closure
    const expected = [arm64, { manifest: index }, indexSbom, sbomSignature, cosignSignature, signatureNote]
    expect(digestsOf(sparse)).toEqual(expected.map(({ manifest }) => manifest.descriptor.digest).sort())

    const other = await copy(source, target, {
      from: '1',
      platforms: [{ os: 'linux', architecture: 'amd64' }],
    })
    expect(digestsOf(other)).toContain(closure.document.manifest.descriptor.digest)
    await expect(
      copy(source, target, { from: '1', platforms: [{ os: 'linux', architecture: 's390x' }] }),
    ).rejects.toMatchObject({ code: 'MANIFEST_NOT_FOUND' })
  })

  it.each<[string, EvidenceOptions | false, readonly (keyof SampleClosure)[]]>([
    ['none of it', false, []],
    ['only referrers', { cosignTags: false }, ['indexSbom', 'sbomSignature', 'imageScan', 'loop']],
    ['only tags of cosign', { referrers: false }, ['cosignSignature', 'cosignAttestation']],
    ['one artifact type', { include: [{ artifactType: 'application/x.sbom' }] }, ['indexSbom']],
    [
      'a type and what refers to it',
      { include: [{ artifactType: ['application/x.sbom', 'application/x.signature'] }] },
      ['indexSbom', 'sbomSignature'],
    ],
    ['what has an annotation', { include: [{ annotations: { 'org.example.by': 'us' } }] }, ['imageScan']],
    [
      'what is not excluded by mechanism',
      { exclude: [{ mechanism: 'referrers-api' }] },
      ['cosignSignature', 'cosignAttestation'],
    ],
    [
      'what a predicate accepts',
      { accept: ({ tag }) => tag?.endsWith('.att') === true },
      ['cosignAttestation'],
    ],
  ])('takes along %s', async (_, evidence, expected) => {
    const { repository: source } = await registryWith()
    const { repository: target } = await registryWith()
    const closure = await pushClosure(source, '1')
    const report = await copy(source, target, { from: '1', tag: 'prod', evidence })
    const own = ['amd64', 'arm64', 'document', 'index'] as const
    const wanted = [...own, ...expected].map((name) => {
      const value = closure[name] as {
        descriptor?: { digest: Digest }
        manifest?: { descriptor: { digest: Digest } }
      }
      return (value.descriptor ?? value.manifest?.descriptor)?.digest
    })
    expect(digestsOf(report)).toEqual(wanted.sort())
    const left = report.filtered.map(({ descriptor }) => descriptor.digest)
    expect(left.some((digest) => wanted.includes(digest))).toBe(false)
  })
})

describe('copy, where a tag of cosign differs', () => {
  it.each([
    ['refuses by default, with both digests', undefined],
    ['keeps the one of the target', 'keep'],
    ['overwrites it', 'overwrite'],
  ] as const)('%s', async (_, cosignConflict) => {
    const { repository: source } = await registryWith()
    const { repository: target, registry } = await registryWith()
    const image = sampleImage([10])
    await pushImage(source, image, '1')
    const tag = `${fallbackTag(image.manifest.descriptor.digest)}.sig`
    const ours = sampleCosign('ours')
    const theirs = sampleCosign('theirs')
    await pushImage(source, ours, tag)
    await pushImage(target, theirs, tag)
    const conflict = {
      tag,
      source: ours.manifest.descriptor.digest,
      target: theirs.manifest.descriptor.digest,
    }
    const copied = copy(source, target, { from: '1', tag: 'prod', evidence: { cosignConflict } })
    if (cosignConflict === undefined) {
      await expect(copied).rejects.toMatchObject({ code: 'TAG_CONFLICT', side: 'target', conflict })
      expect(registry.resolve('team/app', 'prod')).toBeUndefined()
    } else {
      const resolution = cosignConflict === 'keep' ? 'kept' : 'overwritten'
      expect((await copied).conflicts).toEqual([{ ...conflict, resolution }])
      expect(registry.resolve('team/app', 'prod')).toBe(image.manifest.descriptor.digest)
    }
    expect(registry.resolve('team/app', tag)).toBe(
      cosignConflict === 'overwrite' ? conflict.source : conflict.target,
    )
  })
})

describe('copy, where it has to stop', () => {
  it('moves the tag only from where it is expected', async () => {
    const { repository: source } = await registryWith()
    const { repository: target, registry } = await registryWith()
    const [first, second] = [sampleImage([1]), sampleImage([2])]
    await pushImage(source, first, '1')
    await copy(source, target, { from: '1', tag: 'prod', expected: 'absent' })
    await pushImage(source, second, '2')
    await expect(copy(source, target, { from: '2', tag: 'prod', expected: 'absent' })).rejects.toMatchObject({
      code: 'TAG_CONFLICT',
      side: 'target',
    })
    expect(registry.resolve('team/app', 'prod')).toBe(first.manifest.descriptor.digest)
    await copy(source, target, { from: '2', tag: 'prod', expected: first.manifest.descriptor.digest })
    expect(registry.resolve('team/app', 'prod')).toBe(second.manifest.descriptor.digest)
  })

  it('fails when the source does not tell its referrers, unless none are wanted', async () => {
    const { repository: source, registry } = await registryWith()
    const { repository: target, registry: there } = await registryWith()
    await pushImage(source, sampleImage([10]), '1')
    registry.setRequestHook(({ kind }) =>
      kind === 'referrers' ? { type: 'respond', status: 500 } : undefined,
    )
    await expect(copy(source, target, { from: '1', tag: '1' })).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      status: 500,
      side: 'source',
    })
    expect(there.resolve('team/app', '1')).toBeUndefined()
    await copy(source, target, { from: '1', tag: '1', evidence: false })
    expect(there.resolve('team/app', '1')).toBeDefined()
  })

  it.each([
    ['source', 'GET', 'blob'],
    ['target', 'PUT', 'upload'],
    ['target', 'PUT', 'manifest'],
  ] as const)('names the %s when its %s of a %s fails', async (side, method, kind) => {
    const from = await registryWith()
    const to = await registryWith()
    await pushImage(from.repository, sampleImage([10, 20, 30]), '1')
    const broken = side === 'source' ? from : to
    broken.registry.setRequestHook((request) =>
      request.method === method && request.kind === kind ? { type: 'respond', status: 403 } : undefined,
    )
    await expect(copy(from.repository, to.repository, { from: '1', tag: '1' })).rejects.toMatchObject({
      code: 'DENIED',
      side,
      reference: broken.repository.name,
    })
    expect(to.registry.resolve('team/app', '1')).toBeUndefined()
  })

  it('refuses referrers of referrers without end', async () => {
    const { repository: source } = await registryWith()
    const { repository: target } = await registryWith()
    let last = sampleImage([1])
    await pushImage(source, last, '1')
    for (let step = 0; step < 10; step++) {
      last = sampleReferrer(last.manifest.descriptor, 'application/x.chain')
      await pushImage(source, last)
    }
    await expect(copy(source, target, { from: '1', tag: '1' })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      side: 'source',
    })
    expect(await target.headManifest('1')).toBeUndefined()
  })

  it('says what a lying list names, and leaves it out', async () => {
    const { repository: source, registry } = await registryWith()
    const { repository: target } = await registryWith()
    const image = sampleImage([10])
    const stranger = sampleImage([20])
    await pushImage(source, image, '1')
    await pushImage(source, stranger)
    const list = sampleIndex([], { manifests: [stranger.manifest.descriptor, image.manifest.descriptor] })
    registry.setRequestHook(({ kind }) =>
      kind === 'referrers'
        ? {
            type: 'respond',
            status: 200,
            headers: { 'content-type': list.descriptor.mediaType },
            body: list.bytes,
          }
        : undefined,
    )
    const report = await copy(source, target, { from: '1', tag: '1' })
    expect(digestsOf(report)).toEqual([image.manifest.descriptor.digest])
    expect(report.rejected.map(({ digest, reason }) => [digest, reason])).toEqual([
      [stranger.manifest.descriptor.digest, 'names-no-subject'],
      [image.manifest.descriptor.digest, 'is-the-subject'],
    ])
  })

  it('rejects with the reason of an abort, with no tag moved', async () => {
    const { repository: source } = await registryWith()
    const { repository: target, registry } = await registryWith()
    await pushClosure(source, '1')
    const controller = new AbortController()
    const copied = copy(source, target, {
      from: '1',
      tag: 'prod',
      signal: controller.signal,
      onProgress: ({ type }) => {
        if (type === 'manifest-copied') controller.abort(new Error('enough'))
      },
    })
    await expect(copied).rejects.toThrow('enough')
    expect(registry.snapshot()['team/app']?.tags).toEqual({})
  })

  it.each([0, -1, 1.5, Number.NaN])('refuses %d as concurrency', async (concurrency) => {
    const { repository } = await registryWith()
    await expect(copy(repository, repository, { from: '1', concurrency })).rejects.toThrow(RangeError)
  })
})

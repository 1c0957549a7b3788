import { mediaTypes } from '@sallyport/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import { createRegistryClient, type RegistryClient } from '../registry/create-registry-client.ts'
import type { RegistryRepository } from '../registry/registry-repository.ts'
import { startRegistry, type TestRegistry } from '../testing/embedded-registry.ts'
import {
  pushImage,
  sampleBlob,
  type SampleImage,
  sampleImage,
  sampleIndex,
  sampleManifest,
  sampleReferrer,
  streamOf,
} from '../testing/sample-image.ts'
import { copyImage } from './copy-image.ts'
import { copy, type CopyOptions } from './copy.ts'

let from: TestRegistry
let to: TestRegistry
let client: RegistryClient
let source: RegistryRepository
let target: RegistryRepository

beforeEach(async () => {
  from = await startRegistry()
  to = await startRegistry()
  client = createRegistryClient({ settleMs: 0, retry: { attempts: 1 } })
  source = client.repository({ registry: from.host, repository: 'build/app' })
  target = client.repository({ registry: to.host, repository: 'prod/app' })
})
afterEach(async () => {
  await client.close()
  await from.close()
  await to.close()
})

/** Requests so far by method and kind, which are then forgotten. */
function spent(registry: TestRegistry): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { method, kind } of registry.requests) {
    counts[`${method} ${kind}`] = (counts[`${method} ${kind}`] ?? 0) + 1
  }
  registry.clearRequests()
  return counts
}

function forget(): void {
  from.clearRequests()
  to.clearRequests()
}

async function pushSingle(layers = [1000, 2000, 3000]): Promise<SampleImage> {
  const image = sampleImage(layers)
  await pushImage(source, image, '1')
  return image
}

/** An index of two images with two layers each, of which one is shared: five blobs. */
async function pushIndex(): Promise<SampleImage[]> {
  const shared = sampleBlob('a layer of both')
  const images = [sampleImage([1000]), sampleImage([2000])].map(({ blobs }) => ({
    manifest: sampleManifest({ config: blobs[0]!.blob, layers: [shared.blob, blobs[1]!.blob] }),
    blobs: [shared, ...blobs],
  }))
  for (const image of images) await pushImage(source, image)
  const index = sampleIndex([
    [{ os: 'linux', architecture: 'amd64' }, images[0]!.manifest],
    [{ os: 'linux', architecture: 'arm64' }, images[1]!.manifest],
  ])
  await source.putManifest(index, { tag: '1' })
  return images
}

const plain: CopyOptions = { from: '1', tag: '1', evidence: false }

describe('requests of a copy without evidence', () => {
  it('of a new image: one GET for each thing at the source; HEAD, POST and PUT for each blob and one PUT at the target', async () => {
    await pushSingle()
    forget()
    await copy(source, target, plain)
    expect(spent(from)).toEqual({ 'GET manifest': 1, 'GET blob': 4 })
    expect(spent(to)).toEqual({
      'HEAD manifest': 1,
      'HEAD blob': 4,
      'POST upload': 4,
      'PUT upload': 4,
      'PUT manifest': 1,
    })
  })

  it('of a new index with two images: a HEAD for each image more', async () => {
    await pushIndex()
    forget()
    await copy(source, target, plain)
    expect(spent(from)).toEqual({ 'GET manifest': 3, 'GET blob': 5 })
    expect(spent(to)).toEqual({
      'HEAD manifest': 3,
      'HEAD blob': 5,
      'POST upload': 5,
      'PUT upload': 5,
      'PUT manifest': 3,
    })
  })

  it('within one registry: a mount for each blob, and no content', async () => {
    await pushSingle()
    forget()
    const near = client.repository({ registry: from.host, repository: 'prod/app' })
    const report = await copy(source, near, plain)
    expect(report.blobs).toMatchObject({ mounted: 4, copied: 0, bytes: 0 })
    // Whether it is looked for before it is mounted is for the repository to say.
    const { 'HEAD blob': _, ...rest } = spent(from)
    expect(rest).toEqual({ 'HEAD manifest': 1, 'GET manifest': 1, 'POST upload': 4, 'PUT manifest': 1 })
  })

  it.each([
    ['an image', pushSingle],
    ['an index', pushIndex],
  ])('of %s that is unchanged: one HEAD on each side', async (_, push) => {
    await push()
    const first = await copy(source, target, plain)
    forget()
    const report = await copy(source, target, plain)
    expect(spent(from)).toEqual({ 'HEAD manifest': 1 })
    expect(spent(to)).toEqual({ 'HEAD manifest': 1 })
    expect(first.unchanged).toBe(false)
    expect(report).toMatchObject({ unchanged: true, root: first.root, tags: [], blobs: { copied: 0 } })
    expect(report.manifests).toMatchObject([{ role: 'root', outcome: 'existing' }])
  })

  it('within one repository: the tag alone', async () => {
    await pushSingle()
    forget()
    await copy(source, source, { ...plain, tag: '2' })
    expect(spent(from)).toEqual({ 'HEAD manifest': 1, 'GET manifest': 1, 'PUT manifest': 1 })
  })

  it('by a digest that the tag is at: one HEAD in all', async () => {
    const { manifest } = await pushSingle()
    await copy(source, target, plain)
    forget()
    await copy(source, target, { ...plain, from: manifest.descriptor.digest })
    expect([spent(from), spent(to)]).toEqual([{}, { 'HEAD manifest': 1 }])
  })

  it('of an image of which one layer changed: that layer and the config', async () => {
    const image = await pushSingle()
    await copy(source, target, plain)
    const config = sampleBlob('another config', mediaTypes.ociConfig)
    const layer = sampleBlob('another layer')
    const kept = image.blobs.slice(2)
    const blobs = [config, ...kept, layer]
    const layers = [...kept, layer].map(({ blob }) => blob)
    await pushImage(source, { manifest: sampleManifest({ config: config.blob, layers }), blobs }, '1')
    forget()
    await copy(source, target, plain)
    expect(spent(from)).toEqual({ 'HEAD manifest': 1, 'GET manifest': 1, 'GET blob': 2 })
    expect(spent(to)).toEqual({
      'HEAD manifest': 1,
      'HEAD blob': 4,
      'POST upload': 2,
      'PUT upload': 2,
      'PUT manifest': 1,
    })
  })

  it('of an index of which one image changed: nothing but a HEAD for the other', async () => {
    const images = await pushIndex()
    await copy(source, target, plain)
    const changed = sampleImage([10])
    await pushImage(source, changed)
    const index = sampleIndex([
      [{ os: 'linux', architecture: 'amd64' }, images[0]!.manifest],
      [{ os: 'linux', architecture: 'arm64' }, changed.manifest],
    ])
    await source.putManifest(index, { tag: '1' })
    forget()
    await copy(source, target, plain)
    expect(spent(from)).toEqual({ 'HEAD manifest': 1, 'GET manifest': 2, 'GET blob': 2 })
    expect(spent(to)).toEqual({
      'HEAD manifest': 3,
      'HEAD blob': 2,
      'POST upload': 2,
      'PUT upload': 2,
      'PUT manifest': 2,
    })
  })

  it('without a tag, of what is there: a HEAD for the digest', async () => {
    const { manifest } = await pushSingle()
    const { digest } = manifest.descriptor
    await copy(source, target, { from: digest, evidence: false })
    expect(to.snapshot()['prod/app']).toMatchObject({ tags: {}, manifests: [digest] })
    forget()
    await copy(source, target, { from: digest, evidence: false })
    expect([spent(from), spent(to)]).toEqual([{}, { 'HEAD manifest': 1 }])
  })

  it('of an image by copyImage: the same, but for the tag', async () => {
    const { manifest } = await pushSingle()
    forget()
    await copyImage(source, target, manifest.descriptor)
    expect(spent(from)).toEqual({ 'GET manifest': 1, 'GET blob': 4 })
    expect(spent(to)).toEqual({
      'HEAD manifest': 1,
      'HEAD blob': 4,
      'POST upload': 4,
      'PUT upload': 4,
      'PUT manifest': 1,
    })
  })
})

describe('the report of a copy', () => {
  it('tells the requests of each side, as the registries counted them', async () => {
    await pushSingle()
    forget()
    const { requests } = await copy(source, target, { from: '1', tag: '1' })
    const total = (registry: TestRegistry): Record<string, number> => {
      const counts: Record<string, number> = {}
      for (const { method } of registry.requests) counts[method] = (counts[method] ?? 0) + 1
      return counts
    }
    const told = (side: 'source' | 'target'): Record<string, number> =>
      Object.fromEntries(requests[side].map(({ method, count }) => [method, count]))
    expect(told('source')).toEqual(total(from))
    expect(told('target')).toEqual(total(to))
    expect(new Set(requests.target.map(({ host }) => host))).toEqual(new Set([to.host]))
  })

  it('tells none of a layout, and all of a repository that is both sides once', async () => {
    await pushSingle()
    forget()
    const { requests } = await copy(source, source, { from: '1', tag: '2', evidence: false })
    expect(requests.target).toEqual([])
    expect(requests.source.reduce((sum, { count }) => sum + count, 0)).toBe(from.requests.length)
    const { requests: own, ...layout } = source
    expect(typeof own).toBe('function')
    expect((await copy(layout, target, { from: '1' })).requests.source).toEqual([])
  })
})

describe('requests of a copy with evidence', () => {
  it('of an image that has none: the search at the source more, and still one PUT', async () => {
    await pushSingle()
    forget()
    await copy(source, target, { from: '1', tag: '1' })
    expect(spent(from)).toEqual({
      // The image, the fallback tag, and the three tags of cosign.
      'GET manifest': 5,
      'GET blob': 4,
      'GET referrers': 1,
    })
    expect(spent(to)).toMatchObject({ 'HEAD manifest': 1, 'PUT manifest': 1 })
  })

  it('of a referrer and a signature: the manifest of each is read once', async () => {
    const { manifest } = await pushSingle()
    await pushImage(source, sampleReferrer(manifest.descriptor, 'application/x.sbom'))
    await pushImage(source, sampleImage([100]), `${fallbackTag(manifest.descriptor.digest)}.sig`)
    forget()
    await copy(source, target, { from: '1', tag: '1' })
    expect(spent(from)).toMatchObject({
      // The image and its referrer; of these and the signature the fallback tag and the three tags of cosign.
      'GET manifest': 2 + 3 * 4,
      'GET referrers': 3,
    })
  })

  it('of an unchanged image with unchanged evidence: no PUT, and no blob', async () => {
    const { manifest } = await pushSingle()
    await pushImage(source, sampleReferrer(manifest.descriptor, 'application/x.sbom'))
    await copy(source, target, { from: '1', tag: '1' })
    forget()
    const report = await copy(source, target, { from: '1', tag: '1' })
    expect(report.manifests.map(({ role, outcome }) => [role, outcome])).toEqual([
      ['root', 'existing'],
      ['referrer', 'existing'],
    ])
    expect(Object.keys({ ...spent(from), ...spent(to) }).sort()).toEqual([
      'GET manifest',
      'GET referrers',
      'HEAD manifest',
    ])
  })

  it('skips an unchanged image with its evidence on request', async () => {
    await pushSingle()
    await copy(source, target, { from: '1', tag: '1' })
    forget()
    await copy(source, target, { from: '1', tag: '1', unchanged: 'skip' })
    expect([spent(from), spent(to)]).toEqual([{ 'HEAD manifest': 1 }, { 'HEAD manifest': 1 }])
  })
})

describe('a registry that lost a layer of an image that it has', () => {
  it.each([
    ['stays so when it is trusted', 'trust', false],
    ['gets it back when it is inspected', 'inspect', true],
  ] as const)('%s', async (_, existing, expected) => {
    const { blobs } = await pushSingle()
    await copy(source, target, plain)
    const layer = blobs[1]!.blob
    await fetch(`${to.url}/v2/prod/app/blobs/${layer.digest}`, { method: 'DELETE' })
    const report = await copy(source, target, { ...plain, existing })
    expect(await target.has(layer)).toBe(expected)
    expect(report).toMatchObject({ unchanged: true, blobs: { copied: expected ? 1 : 0 } })
  })

  it('gets it back from copyImage', async () => {
    const { manifest, blobs } = await pushSingle()
    await copyImage(source, target, manifest.descriptor)
    const layer = blobs[1]!.blob
    await fetch(`${to.url}/v2/prod/app/blobs/${layer.digest}`, { method: 'DELETE' })
    await copyImage(source, target, manifest.descriptor)
    expect(await target.has(layer)).toBe(true)
  })
})

describe('a registry that answers no HEAD', () => {
  it('is copied to again, and the tag stays right', async () => {
    await using silent = await startRegistry({ quirks: { manifestHeadMissing: true } })
    const image = await pushSingle()
    const there = client.repository({ registry: silent.host, repository: 'prod/app' })
    await copy(source, there, plain)
    const again = await copy(source, there, plain)
    expect(again).toMatchObject({ unchanged: false, blobs: { copied: 0, skipped: 4 } })
    expect(silent.resolve('prod/app', '1')).toBe(image.manifest.descriptor.digest)
  })
})

describe('a registry that answers HEAD for what it does not have', () => {
  it('gets it when it refuses the index', async () => {
    const images = await pushIndex()
    to.setRequestHook(({ method, digest }) => {
      const claimed = images.find(({ manifest }) => manifest.descriptor.digest === digest)?.manifest
      return method === 'HEAD' && claimed !== undefined
        ? {
            type: 'respond',
            status: 200,
            headers: {
              'content-type': claimed.descriptor.mediaType,
              'content-length': String(claimed.descriptor.size),
            },
          }
        : undefined
    })
    const report = await copy(source, target, plain)
    expect(report.manifests.map(({ outcome }) => outcome)).toEqual(['copied', 'copied', 'copied'])
    expect(to.resolve('prod/app', '1')).toBe(report.root.digest)
  })
})

describe('an index that was copied for one platform only', () => {
  it('is completed by a later copy of all, without the index being written again', async () => {
    const images = await pushIndex()
    await using lenient = await startRegistry({ quirks: { checksChildren: false } })
    const there = client.repository({ registry: lenient.host, repository: 'prod/app' })
    await copy(source, there, { ...plain, platforms: [{ os: 'linux', architecture: 'amd64' }] })
    expect(await there.findManifest(images[1]!.manifest.descriptor.digest)).toBeUndefined()
    lenient.clearRequests()
    await copy(source, there, { ...plain, unchanged: 'check-evidence' })
    expect(await there.findManifest(images[1]!.manifest.descriptor.digest)).toBeDefined()
    expect(spent(lenient)).toMatchObject({ 'PUT manifest': 1 })
  })

  it('is completed by a later copy for another platform', async () => {
    const images = await pushIndex()
    await using lenient = await startRegistry({ quirks: { checksChildren: false } })
    const there = client.repository({ registry: lenient.host, repository: 'prod/app' })
    for (const architecture of ['amd64', 'arm64']) {
      await copy(source, there, { ...plain, platforms: [{ os: 'linux', architecture }] })
    }
    for (const { manifest } of images)
      expect(await there.findManifest(manifest.descriptor.digest)).toBeDefined()
  })
})

describe('a foreign layer', () => {
  it('stays where its URLs are', async () => {
    const layer = {
      ...sampleBlob('licensed').blob,
      mediaType: mediaTypes.dockerForeignLayer,
      urls: ['https://layers.example/licensed'],
    }
    const config = sampleBlob('{}', mediaTypes.ociConfig)
    await source.write(config.blob, streamOf(config.bytes))
    await source.putManifest(sampleManifest({ config: config.blob, layers: [layer] }), { tag: '1' })
    const report = await copy(source, target, plain)
    expect(report.blobs).toMatchObject({ copied: 1, foreign: 1 })
  })

  it('does not keep back the same content where it is a layer like any other', async () => {
    const plainLayer = sampleBlob('licensed')
    const layer = {
      ...plainLayer.blob,
      mediaType: mediaTypes.dockerForeignLayer,
      urls: ['https://layers.example/licensed'],
    }
    const config = sampleBlob('{}', mediaTypes.ociConfig)
    for (const { blob, bytes } of [config, plainLayer]) await source.write(blob, streamOf(bytes))
    const images = [layer, plainLayer.blob, layer].map((each, at) =>
      sampleManifest({ config: config.blob, layers: [each], annotations: { at: String(at) } }),
    )
    for (const image of images) await source.putManifest(image)
    const entries = images.map((image) => [{ os: 'linux', architecture: 'amd64' }, image] as const)
    await source.putManifest(sampleIndex(entries), { tag: '1' })
    const report = await copy(source, target, plain)
    expect(report.blobs).toMatchObject({ copied: 2, foreign: 1 })
    expect(await target.has(plainLayer.blob)).toBe(true)
  })
})

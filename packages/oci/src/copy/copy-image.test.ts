import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Descriptor, digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openLayout } from '../layout/open-layout.ts'
import type { Repository } from '../ports/repository.ts'
import { createRegistryClient } from '../registry/create-registry-client.ts'
import {
  isInstalled,
  type RunningRegistry,
  startDockerRegistry,
  startOlareg,
} from '../testing/real-registries.ts'
import {
  collectAll,
  pushImage,
  sampleBlob,
  type SampleImage,
  sampleImage,
  sampleIndex,
  sampleManifest,
} from '../testing/sample-image.ts'
import type { CopyEvent } from './copy-event.ts'
import { copyImage } from './copy-image.ts'

let folder: string
let source: Repository
let target: Repository

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-copy-'))
  source = await openLayout(join(folder, 'source'), { create: true })
  target = await openLayout(join(folder, 'target'), { create: true })
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const amd64 = { os: 'linux', architecture: 'amd64' }
const arm64 = { os: 'linux', architecture: 'arm64', variant: 'v8' }

async function pushIndex(repository: Repository): Promise<{ index: RawManifest; images: SampleImage[] }> {
  const shared = sampleBlob('a layer of both')
  const images = [sampleImage([1000, 200_000]), sampleImage([3000])].map((image) => ({
    manifest: sampleManifest({
      config: image.blobs[0]!.blob,
      layers: [shared.blob, ...image.blobs.slice(1).map(({ blob }) => blob)],
    }),
    blobs: [shared, ...image.blobs],
  }))
  for (const image of images) await pushImage(repository, image)
  const index = sampleIndex([
    [amd64, images[0]!.manifest],
    [arm64, images[1]!.manifest],
  ])
  await repository.putManifest(index)
  return { index, images }
}

async function expectCopied(
  repository: Repository,
  root: RawManifest,
  images: readonly SampleImage[],
): Promise<void> {
  expect(Buffer.from((await repository.getManifest(root.descriptor.digest)).bytes).equals(root.bytes)).toBe(
    true,
  )
  for (const { manifest, blobs } of images) {
    expect((await repository.getManifest(manifest.descriptor.digest)).descriptor).toEqual(manifest.descriptor)
    for (const { blob } of blobs) expect(await repository.has(blob)).toBe(true)
  }
}

describe('copyImage', () => {
  it('copies an index with its images, each blob once, and no tag', async () => {
    const { index, images } = await pushIndex(source)
    const events: CopyEvent[] = []
    const result = await copyImage(source, target, index.descriptor, {
      onProgress: (event) => events.push(event),
    })
    await expectCopied(target, index, images)
    expect(await collectAll(target.listTags())).toEqual([])
    expect(result).toMatchObject({ root: index.descriptor, blobsCopied: 6, blobsSkipped: 0 })
    expect(result.manifests.at(-1)).toEqual(index.descriptor)
    expect(events.filter(({ type }) => type === 'blob-copied')).toHaveLength(6)
    expect(events.at(-1)).toEqual({ type: 'manifest-copied', manifest: index.descriptor })
  })

  it('sends nothing that is there', async () => {
    const { index } = await pushIndex(source)
    await copyImage(source, target, index.descriptor)
    const events: CopyEvent[] = []
    const result = await copyImage(source, target, index.descriptor, {
      onProgress: (event) => events.push(event),
    })
    expect(result).toMatchObject({ blobsCopied: 0, bytesCopied: 0, blobsSkipped: 6 })
    expect(events.filter(({ type }) => type === 'manifest-skipped')).toHaveLength(3)
  })

  it('copies chosen platforms, the index unchanged', async () => {
    const { index, images } = await pushIndex(source)
    const result = await copyImage(source, target, index.descriptor, {
      platforms: [{ os: 'linux', architecture: 'aarch64' }],
    })
    expect(result.manifests.map(({ digest }) => digest)).toEqual([
      images[1]!.manifest.descriptor.digest,
      index.descriptor.digest,
    ])
    expect(await target.findManifest(images[0]!.manifest.descriptor.digest)).toBeUndefined()
  })

  it('refuses a platform that the index lacks', async () => {
    const { index } = await pushIndex(source)
    const copy = copyImage(source, target, index.descriptor, {
      platforms: [{ os: 'linux', architecture: 's390x' }],
    })
    await expect(copy).rejects.toMatchObject({ code: 'MANIFEST_NOT_FOUND' })
  })

  it('copies no manifest when a blob is missing or wrong', async () => {
    const image = sampleImage([1000])
    await source.putManifest(image.manifest)
    await expect(copyImage(source, target, image.manifest.descriptor)).rejects.toMatchObject({
      code: 'BLOB_NOT_FOUND',
    })
    expect(await target.findManifest(image.manifest.descriptor.digest)).toBeUndefined()
  })

  it.each([
    [
      'lists what is no manifest',
      (): RawManifest => sampleIndex([], { manifests: [sampleBlob('x').blob] }),
      'MANIFEST_UNSUPPORTED',
    ],
    [
      'gives another size',
      (image: RawManifest): RawManifest => sampleIndex([], { manifests: [{ ...image.descriptor, size: 1 }] }),
      'SIZE_MISMATCH',
    ],
    [
      'calls an image an index',
      (image: RawManifest): RawManifest =>
        sampleIndex([], { manifests: [{ ...image.descriptor, mediaType: mediaTypes.ociIndex }] }),
      'MANIFEST_INVALID',
    ],
  ])('refuses an index that %s', async (_, make, code) => {
    const image = sampleImage([10])
    await pushImage(source, image)
    const index = make(image.manifest)
    await source.putManifest(index)
    await expect(copyImage(source, target, index.descriptor)).rejects.toMatchObject({
      name: 'OciError',
      code,
    })
    expect(await target.findManifest(index.descriptor.digest)).toBeUndefined()
  })

  it('refuses indexes that nest too deeply', async () => {
    let inner: Descriptor = sampleImage([1]).manifest.descriptor
    for (let depth = 0; depth < 7; depth++) {
      const index = sampleIndex([], { manifests: [inner] })
      await source.putManifest(index)
      inner = index.descriptor
    }
    await expect(copyImage(source, target, inner)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('refuses more manifests than any image has', async () => {
    const { descriptor } = sampleImage([1]).manifest
    const manifests = Array.from({ length: 2001 }, (_, at) => ({ ...descriptor, digest: digestOf(`${at}`) }))
    const index = sampleIndex([], { manifests })
    await source.putManifest(index)
    await expect(copyImage(source, target, index.descriptor)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
  })

  it('rejects with the reason of an abort', async () => {
    const { index } = await pushIndex(source)
    const controller = new AbortController()
    const copy = copyImage(source, target, index.descriptor, {
      signal: controller.signal,
      onProgress: (event) => {
        if (event.type === 'blob-copied') controller.abort(new Error('enough'))
      },
    })
    await expect(copy).rejects.toThrow('enough')
    expect(await target.findManifest(index.descriptor.digest)).toBeUndefined()
  })

  it('waits for transfers that run when one of them fails', async () => {
    const image = sampleImage([500, 1000, 2000])
    await pushImage(source, image)
    let running = 0
    const broken: Repository = {
      ...target,
      write: async (blob, content, options) => {
        running++
        try {
          if (blob.size === 1000) throw new RangeError('the disk is full')
          await target.write(blob, content, options)
        } finally {
          running--
        }
      },
    }
    await expect(copyImage(source, broken, image.manifest.descriptor)).rejects.toThrow('the disk is full')
    expect(running).toBe(0)
  })
})

describe.skipIf(![isInstalled('docker-registry'), isInstalled('olareg')].every(Boolean))(
  'copyImage between registries',
  () => {
    let from: RunningRegistry
    let to: RunningRegistry
    const client = createRegistryClient({ settleMs: 0 })

    beforeAll(async () => {
      from = await startDockerRegistry()
      to = await startOlareg()
    })
    afterAll(async () => {
      await client.close()
      await from?.[Symbol.asyncDispose]()
      await to?.[Symbol.asyncDispose]()
    })

    it('copies from docker-registry to olareg, and then to another repository there by mounting', async () => {
      const first = client.repository({ registry: from.registry, repository: 'build/app' })
      const second = client.repository({ registry: to.registry, repository: 'prod/app' })
      const third = client.repository({ registry: to.registry, repository: 'prod/again' })
      const { index, images } = await pushIndex(first)
      const result = await copyImage(first, second, index.descriptor)
      expect(result).toMatchObject({ blobsCopied: 6, blobsMounted: 0 })
      await expectCopied(second, index, images)
      expect(await copyImage(second, third, index.descriptor)).toMatchObject({
        blobsCopied: 0,
        blobsMounted: 6,
      })
      await expectCopied(third, index, images)
      expect(await collectAll(third.listTags())).toEqual([])
    })

    it('copies between a layout and a registry', async () => {
      const { index, images } = await pushIndex(source)
      const repository = client.repository({ registry: from.registry, repository: 'from/layout' })
      expect(await copyImage(source, repository, index.descriptor)).toMatchObject({ blobsCopied: 6 })
      await expectCopied(repository, index, images)
      expect(await copyImage(repository, target, index.descriptor)).toMatchObject({ blobsCopied: 6 })
      await expectCopied(target, index, images)
    })
  },
)

import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { digestHex, digestOf, mediaTypes } from '@sallyport/core'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copy } from '../copy/copy.ts'
import { openLayout } from '../layout/open-layout.ts'
import { parseManifest } from '../manifest/parse-manifest.ts'
import { parseReference } from '../reference/parse-reference.ts'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import { sampleCosign } from '../testing/sample-closure.ts'
import {
  collect,
  collectAll,
  pushImage,
  sampleBlob,
  type SampleImage,
  sampleImage,
  sampleIndex,
  sampleManifest,
  sampleReferrer,
} from '../testing/sample-image.ts'
import { sampleTar, type SampleTarEntry } from '../testing/sample-tar.ts'
import { createArchive } from './create-archive.ts'
import { openArchive } from './open-archive.ts'
import { streamArchive } from './stream-archive.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-docker-'))
  path = join(folder, 'a.tar')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const layers = ['first', 'second'].map((content) => sampleTar([{ name: content, content }]))
const diffIds = layers.map((layer) => digestOf(layer))
const config = JSON.stringify({
  os: 'linux',
  architecture: 'arm64',
  variant: 'v8',
  rootfs: { type: 'layers', diff_ids: diffIds },
})
const configName = `${digestHex(digestOf(config))}.json`

const saved = (changed: object = {}, more: readonly SampleTarEntry[] = []): SampleTarEntry[] => [
  { name: 'a/layer.tar', content: layers[0] },
  { name: 'b/layer.tar', content: layers[1] },
  { name: configName, content: config },
  {
    name: 'manifest.json',
    content: JSON.stringify([
      {
        Config: configName,
        RepoTags: ['alpine:3', 'r.example:5000/team/app:1'],
        Layers: ['a/layer.tar', 'b/layer.tar'],
        ...changed,
      },
    ]),
  },
  { name: 'repositories', content: '{"alpine":{"3":"b"}}' },
  ...more,
]

/** An image with layers that Docker could load. */
function imageOf(compress: (tar: Uint8Array) => Uint8Array, layerType: string): SampleImage {
  const blobs = layers.map((layer) => sampleBlob(compress(layer), layerType))
  const configBlob = sampleBlob(config, mediaTypes.ociConfig)
  const manifest = sampleManifest({ config: configBlob.blob, layers: blobs.map(({ blob }) => blob) })
  return { manifest, blobs: [configBlob, ...blobs] }
}

describe('openArchive, of docker save', () => {
  it('makes a manifest of plain layers with their diff ids for digests', async () => {
    await writeFile(path, sampleTar(saved()))
    await using archive = await openArchive(path)
    expect(archive.format).toBe('docker')
    expect((await collectAll(archive.listTags())).sort()).toEqual(['1', '3'])
    const [entry] = await archive.listEntries()
    expect(entry).toMatchObject({ platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } })
    const raw = await archive.getManifest('3')
    const manifest = parseManifest(raw)
    expect(raw.descriptor.mediaType).toBe(mediaTypes.ociManifest)
    expect(manifest.config.digest).toBe(digestOf(config))
    expect(manifest.layers).toEqual(
      layers.map((layer, at) => ({
        mediaType: mediaTypes.ociLayer,
        digest: diffIds[at],
        size: layer.byteLength,
      })),
    )
    expect((await collect(archive.open(manifest.config))).toString()).toBe(config)
    for (const [at, layer] of manifest.layers.entries()) {
      expect((await collect(archive.open(layer))).equals(layers[at]!)).toBe(true)
    }
    expect((await archive.getManifest(raw.descriptor.digest)).descriptor).toEqual(raw.descriptor)
    expect(await archive.discoverReferrers(raw.descriptor.digest)).toMatchObject({
      referrers: [],
      cosignTags: [],
    })
  })

  it.each([
    [
      'links',
      [
        { name: 'b/layer.tar', type: '2', linkName: '../real.tar' },
        { name: 'real.tar', content: layers[1] },
      ],
    ],
    ['layers compressed with gzip', [{ name: 'b/layer.tar', content: gzipSync(layers[1]!) }]],
    ['layers compressed with zstd', [{ name: 'b/layer.tar', content: zstdCompressSync(layers[1]!) }]],
  ])('reads %s', async (_, changed) => {
    const names = new Set(changed.map(({ name }) => name))
    await writeFile(path, sampleTar([...saved().filter(({ name }) => !names.has(name)), ...changed]))
    await using archive = await openArchive(path)
    const layer = parseManifest(await archive.getManifest('3')).layers[1]!
    expect(digestOf(await collect(archive.open(layer)))).toBe(layer.digest)
  })

  it('tells images of the same tag apart by their names', async () => {
    const other = JSON.stringify({ rootfs: { diff_ids: [] } })
    const images = [
      { Config: configName, RepoTags: ['alpine:3'], Layers: ['a/layer.tar', 'b/layer.tar'] },
      { Config: 'other.json', RepoTags: ['r.example/alpine:3'], Layers: null },
      { Config: 'other.json', RepoTags: null, Layers: [] },
    ]
    const entries = saved().filter(({ name }) => name !== 'manifest.json')
    await writeFile(
      path,
      sampleTar([
        ...entries,
        { name: 'other.json', content: other },
        { name: 'manifest.json', content: JSON.stringify(images) },
      ]),
    )
    await using all = await openArchive(path)
    await expect(all.getManifest('3')).rejects.toMatchObject({ code: 'LAYOUT_INVALID' })
    expect(await all.listEntries()).toHaveLength(3)
    await using one = await openArchive(path, { repository: parseReference('r.example/alpine') })
    expect(parseManifest(await one.getManifest('3')).config.digest).toBe(digestOf(other))
    await using hub = await openArchive(path, {
      repository: parseReference('alpine', { defaultRegistry: 'docker.io' }),
    })
    expect(parseManifest(await hub.getManifest('3')).config.digest).toBe(digestOf(config))
  })

  it('refuses a plain layer that is not that of its diff id, when it is read', async () => {
    await writeFile(path, sampleTar(saved({ Layers: ['b/layer.tar', 'b/layer.tar'] })))
    await expect(openArchive(path)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' })
    const swapped = saved().map((entry) =>
      entry.name === 'a/layer.tar' ? { ...entry, content: layers[1] } : entry,
    )
    await writeFile(path, sampleTar(swapped))
    await using archive = await openArchive(path)
    const layer = parseManifest(await archive.getManifest('3')).layers[0]!
    await expect(collect(archive.open(layer))).rejects.toMatchObject({
      code: expect.stringMatching(/MISMATCH$/),
    })
  })

  it.each<[string, readonly SampleTarEntry[]]>([
    ['manifest.json that is no JSON', [{ name: 'manifest.json', content: '[' }]],
    ['manifest.json without images', [{ name: 'manifest.json', content: '[]' }]],
    ['a config that is not there', saved({ Config: 'missing.json' })],
    ['a config outside of the archive', saved({ Config: '../../etc/passwd' })],
    ['a layer that is not there', saved({ Layers: ['a/layer.tar', 'missing'] })],
    ['fewer layers than diff ids', saved({ Layers: ['a/layer.tar'] })],
    ['a name that is none', saved({ RepoTags: ['UPPER:1'] })],
    ['a name without a tag', saved({ RepoTags: ['alpine'] })],
    ['a config without diff ids', saved({ Config: 'c' }, [{ name: 'c', content: '{}' }])],
    [
      'a link to a layer that leads out',
      saved({ Layers: ['a/layer.tar', 'l'] }, [{ name: 'l', type: '2', linkName: '../x' }]),
    ],
    [
      'a compressed layer that unpacks to another diff id',
      saved({ Layers: ['a/layer.tar', 'z'] }, [{ name: 'z', content: gzipSync(layers[0]!) }]),
    ],
    [
      'a compressed layer that is cut',
      saved({ Layers: ['a/layer.tar', 'z'] }, [{ name: 'z', content: gzipSync(layers[1]!).subarray(0, -9) }]),
    ],
  ])('refuses %s', async (_, entries) => {
    await writeFile(path, sampleTar(entries))
    await expect(openArchive(path, { format: 'docker' })).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' })
  })

  it('refuses a layer that grows beyond the limit', async () => {
    const entries = saved({ Layers: ['a/layer.tar', 'z'] }, [
      { name: 'z', content: gzipSync(Buffer.alloc(1_000_000)) },
    ])
    await writeFile(path, sampleTar(entries))
    await expect(openArchive(path, { maxBytes: 100_000 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })
})

describe('openArchive, of anything', () => {
  it('ends changed archives with an archive or a typed error', async () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 })
    const plain = sampleTar(
      saved({ Layers: ['a/layer.tar', 'z'] }, [{ name: 'z', content: gzipSync(layers[1]!) }]),
    )
    const forms = [plain, gzipSync(plain), zstdCompressSync(plain)]
    await fc.assert(
      fc.asyncProperty(changes, fc.constantFrom(...forms), fc.nat(), async (bytes, form, length) => {
        const changed = Buffer.from(form)
        for (const [at, byte] of bytes) changed[at % changed.byteLength] = byte
        await writeFile(path, length % 3 === 0 ? changed.subarray(0, length % changed.byteLength) : changed)
        try {
          await using archive = await openArchive(path, { temporaryDirectory: folder, maxBytes: 1_000_000 })
          for (const { digest } of await archive.listEntries()) {
            const { config, layers: read } = parseManifest(await archive.getManifest(digest))
            for (const blob of [config, ...read]) await collect(archive.open(blob))
          }
        } catch (error) {
          expect(error).toMatchObject({ name: 'OciError' })
        }
        expect(await readdir(folder)).toEqual(['a.tar'])
      }),
      { numRuns: 150 },
    )
  })
})

describe('openArchive, of docker save with many names for one layer', () => {
  it('unpacks the layer once, and counts what comes out of all layers', async () => {
    const layer = sampleTar([{ name: 'big', content: Buffer.alloc(60_000) }])
    const sameTwice = JSON.stringify({ rootfs: { diff_ids: [digestOf(layer), digestOf(layer)] } })
    const manifest = (Layers: readonly string[]) => ({
      name: 'manifest.json',
      content: JSON.stringify([{ Config: 'c', RepoTags: ['a:1'], Layers }]),
    })
    const entries = [
      { name: 'c', content: sameTwice },
      { name: 'one', content: gzipSync(layer) },
      { name: 'link', type: '2', linkName: 'one' },
      { name: 'two', content: gzipSync(layer) },
    ]
    await writeFile(path, sampleTar([...entries, manifest(['one', 'link'])]))
    await using archive = await openArchive(path, { maxBytes: 100_000 })
    expect(parseManifest(await archive.getManifest('1')).layers).toHaveLength(2)
    await writeFile(path, sampleTar([...entries, manifest(['one', 'two'])]))
    await expect(openArchive(path, { maxBytes: 100_000 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })
})

describe('createArchive, for docker load', () => {
  const docker = { registry: 'r.example', repository: 'team/app' }

  it.each([
    ['plain', (tar: Uint8Array) => tar, mediaTypes.ociLayer],
    ['gzip', gzipSync, mediaTypes.ociLayerGzip],
    ['zstd', zstdCompressSync, mediaTypes.ociLayerZstd],
  ])('makes one tar that is a layout and an archive, with %s layers', async (_, compress, layerType) => {
    const image = imageOf(compress, layerType)
    {
      await using archive = await createArchive(path, { docker })
      await pushImage(archive, image, 'v1')
      await archive.putManifest(image.manifest, { tag: 'v2' })
      await pushImage(archive, sampleReferrer(image.manifest.descriptor, 'application/vnd.example.a'))
      await archive.commit()
    }
    await using asLayout = await openArchive(path)
    expect(asLayout.format).toBe('oci')
    expect((await asLayout.getManifest('v1')).descriptor).toEqual(image.manifest.descriptor)
    expect(await asLayout.listReferrers(image.manifest.descriptor.digest)).toHaveLength(1)
    await using asDocker = await openArchive(path, { format: 'docker', repository: docker })
    expect(asDocker.format).toBe('docker')
    expect((await collectAll(asDocker.listTags())).sort()).toEqual(['v1', 'v2'])
    const [read, written] = [await asDocker.getManifest('v2'), image.manifest].map(parseManifest)
    expect([read!.config, read!.layers]).toEqual([written!.config, written!.layers])
  })

  it('refuses an index under a tag, and layers of other kinds', async () => {
    const image = imageOf(gzipSync, mediaTypes.ociLayerGzip)
    const odd = imageOf((tar) => tar, 'application/vnd.example.layer')
    const index = sampleIndex([[{ os: 'linux', architecture: 'arm64' }, image.manifest]])
    await using archive = await createArchive(path, { docker })
    await pushImage(archive, image)
    await expect(archive.putManifest(index, { tag: 'v1' })).rejects.toMatchObject({
      code: 'MANIFEST_UNSUPPORTED',
    })
    const stream = streamArchive(archive, [{ descriptor: image.manifest.descriptor, tag: 'v1' }], { docker })
    expect((await collect(stream)).byteLength).toBeGreaterThan(1000)
    await archive.putManifest(index)
    const ofIndex = streamArchive(archive, [{ descriptor: index.descriptor, tag: 'v1' }], { docker })
    await expect(collect(ofIndex)).rejects.toMatchObject({ code: 'MANIFEST_UNSUPPORTED' })
    await pushImage(archive, odd, 'odd')
    await expect(archive.commit()).rejects.toMatchObject({ code: 'MANIFEST_UNSUPPORTED' })
  })

  it('refuses an image without its layers', async () => {
    const image = imageOf(gzipSync, mediaTypes.ociLayerGzip)
    await using archive = await createArchive(path, { docker })
    await archive.putManifest(image.manifest, { tag: 'v1' })
    await expect(archive.commit()).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' })
  })
})

describe('streamArchive', () => {
  it('refuses two images under one tag', async () => {
    await using archive = await createArchive(path)
    const images = [imageOf(gzipSync, mediaTypes.ociLayerGzip), imageOf((tar) => tar, mediaTypes.ociLayer)]
    for (const image of images) await pushImage(archive, image)
    const same = images.map(({ manifest: { descriptor } }) => ({ descriptor, tag: 'v1' }))
    await expect(collect(streamArchive(archive, same))).rejects.toMatchObject({ code: 'TAG_CONFLICT' })
  })

  it('ends before its end mark when the source breaks', async () => {
    await using archive = await createArchive(path)
    const image = imageOf(gzipSync, mediaTypes.ociLayerGzip)
    await archive.putManifest(image.manifest)
    const chunks: Uint8Array[] = []
    await expect(
      (async () => {
        for await (const chunk of streamArchive(archive, [image.manifest])) chunks.push(chunk)
      })(),
    ).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' })
    expect(Buffer.concat(chunks).includes('index.json')).toBe(false)
  })
})

it('holds an image with its evidence, and names only the image for Docker', async () => {
  const source = await openLayout(join(folder, 'source'), { create: true })
  const image = sampleImage([10])
  await pushImage(source, image, '1')
  await pushImage(source, sampleReferrer(image.manifest.descriptor, 'application/x.sbom'))
  const signatures = `${fallbackTag(image.manifest.descriptor.digest)}.sig`
  await pushImage(source, sampleCosign('signed'), signatures)
  {
    await using target = await createArchive(path, {
      docker: { registry: 'registry.example', repository: 'app' },
    })
    await copy(source, target, { from: '1', tag: '1' })
    await target.commit()
  }
  await using oci = await openArchive(path)
  expect((await collectAll(oci.listTags())).sort()).toEqual(['1', signatures])
  expect(await oci.listReferrers(image.manifest.descriptor.digest)).toHaveLength(1)
  const { stdout } = await promisify(execFile)('tar', [
    '--extract',
    '--to-stdout',
    '--file',
    path,
    'manifest.json',
  ])
  expect(JSON.parse(stdout)).toMatchObject([{ RepoTags: ['registry.example/app:1'] }])
  expect(JSON.parse(stdout)).toHaveLength(1)
})

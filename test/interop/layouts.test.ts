// expectSame and expectSbom assert.
/* oxlint-disable vitest/expect-expect */
import { createWriteStream } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { digestHex } from '@sallyport/core'
import {
  copyImage,
  createArchive,
  createRegistryClient,
  type LayoutRepository,
  openArchive,
  openLayout,
  parseManifest,
  parseReference,
  type RegistryClient,
  type Repository,
  streamArchive,
} from '@sallyport/oci'
import { createImage, type GeneratedImage, pushImage, startRegistry } from '@sallyport/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { expectSame } from './expect-same.ts'
import { regctlHost, runTool } from './run-tool.ts'
import { collect, createArtifact, singleImage as single, twoPlatforms as index } from './samples.ts'

let directory: string
let registry: Awaited<ReturnType<typeof startRegistry>>
let client: RegistryClient
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-layouts-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))
beforeEach(async () => {
  registry = await startRegistry()
  client = createRegistryClient({ settleMs: 0 })
})
afterEach(async () => {
  await client[Symbol.asyncDispose]()
  await registry.close()
})

const run = (name: string, ...args: string[]): Promise<string> => runTool(name, args)
const regctl = (...args: string[]) => run('regctl', ...regctlHost(registry.host), ...args)
const skopeo = (from: string, to: string) =>
  run('skopeo', 'copy', '--all', '--src-tls-verify=false', '--dest-tls-verify=false', from, to)

const images = [
  ['an image of one platform', single],
  ['an image of two platforms', index],
] as const
const sbomType = 'application/vnd.example.sbom'

/** An artifact that is attached to an image. */
const sbomOf = ({ raw }: GeneratedImage): GeneratedImage =>
  createArtifact(raw.descriptor, { 'org.example.note': 'attached' }, sbomType)

/** Stores an image with its artifact. */
async function pushWithSbom(target: Repository, image: GeneratedImage, tag: string): Promise<void> {
  await pushImage(target, image, tag)
  await pushImage(target, sbomOf(image))
}

async function expectSbom(found: Repository, image: GeneratedImage): Promise<void> {
  expect(await found.listReferrers(image.raw.descriptor.digest)).toMatchObject([
    {
      digest: sbomOf(image).raw.descriptor.digest,
      artifactType: sbomType,
      annotations: { 'org.example.note': 'attached' },
    },
  ])
}

/** A path in a folder of its own. */
const newPath = async (name: string) => join(await mkdtemp(join(directory, 'case-')), name)

const repository = (name: string) => client.repository(parseReference(`${registry.host}/${name}`))

async function newLayout(image: GeneratedImage): Promise<LayoutRepository> {
  const layout = await openLayout(await newPath('layout'), { create: true })
  await pushWithSbom(layout, image, '1')
  return layout
}

/** A tar of ours, made by writing to it. */
async function newArchive(
  image: GeneratedImage,
  docker?: { registry: string; repository: string },
): Promise<string> {
  const path = await newPath('ours.tar')
  await using archive = await createArchive(path, { docker })
  await pushWithSbom(archive, image, '1')
  await archive.commit()
  return path
}

describe.each(images)('%s', (_, image) => {
  const { digest } = image.raw.descriptor

  describe('in a layout of ours', () => {
    it('goes by skopeo into a registry', async () => {
      const { directory: folder } = await newLayout(image)
      await skopeo(`oci:${folder}:1`, `docker://${registry.host}/theirs:1`)
      await expectSame(repository('theirs'), image, '1')
    })

    it('goes by crane into a registry', async () => {
      const layout = await openLayout(await newPath('layout'), { create: true })
      await pushImage(layout, image, '1')
      await run('crane', 'push', '--insecure', '--index', layout.directory, `${registry.host}/theirs:1`)
      // crane pushes index.json itself as the index.
      const pushed = await repository('theirs').getManifest('1')
      expect(Buffer.from(pushed.bytes).toString()).toContain(digest)
    })

    it('goes by oras into a registry, with what is attached to it', async () => {
      const { directory: folder } = await newLayout(image)
      const to = `${registry.host}/theirs:1`
      await run('oras', 'cp', '--recursive', '--from-oci-layout', '--to-plain-http', `${folder}:1`, to)
      await expectSame(repository('theirs'), image, '1')
      await expectSbom(repository('theirs'), image)
    })

    it('goes by oras into another layout, with what is attached to it', async () => {
      const { directory: folder } = await newLayout(image)
      const theirs = await newPath('theirs')
      await run(
        'oras',
        'cp',
        '--recursive',
        '--from-oci-layout',
        '--to-oci-layout',
        `${folder}:1`,
        `${theirs}:1`,
      )
      const layout = await openLayout(theirs)
      await expectSame(layout, image, '1')
      await expectSbom(layout, image)
    })

    it('is seen by regctl', async () => {
      const { directory: folder } = await newLayout(image)
      expect((await regctl('manifest', 'head', `ocidir://${folder}:1`)).trim()).toBe(digest)
      await regctl('image', 'copy', `ocidir://${folder}:1`, `${registry.host}/theirs:1`)
      await expectSame(repository('theirs'), image, '1')
    })
  })

  describe('in a registry', () => {
    beforeEach(() => pushWithSbom(repository('ours'), image, '1'))

    it('goes by regctl into a layout that we read and write, with what is attached to it', async () => {
      const folder = await newPath('theirs')
      await regctl('image', 'copy', '--referrers', `${registry.host}/ours:1`, `ocidir://${folder}:1`)
      const layout = await openLayout(folder)
      await expectSame(layout, image, '1')
      await expectSbom(layout, image)
      const other = createImage({ platform: 'linux/s390x' })
      await pushImage(layout, other, 'other')
      expect((await regctl('manifest', 'head', `ocidir://${folder}:other`)).trim()).toBe(
        other.raw.descriptor.digest,
      )
      const listed = await regctl('artifact', 'list', '--format', '{{json .}}', `ocidir://${folder}:1`)
      expect(listed).toContain(sbomOf(image).raw.descriptor.digest)
    })

    it('goes by crane into a layout that we read', async () => {
      const folder = await newPath('theirs')
      await run('crane', 'pull', '--insecure', '--format=oci', `${registry.host}/ours:1`, folder)
      const layout = await openLayout(folder)
      // crane names no tags.
      expect((await layout.listEntries()).map((entry) => entry.digest)).toEqual([digest])
      await layout.putManifest(image.raw, { tag: '1' })
      await expectSame(layout, image, '1')
    })

    it('goes by skopeo into an oci-archive that we read', async () => {
      const path = await newPath('theirs.tar')
      await skopeo(`docker://${registry.host}/ours:1`, `oci-archive:${path}:1`)
      await using archive = await openArchive(path)
      await expectSame(archive, image, '1')
    })

    it.each([
      ['plain', []],
      ['compressed', ['--compress']],
    ])('goes by regctl into a %s tar that we read', async (_how, options) => {
      const path = await newPath('theirs.tar')
      await regctl('image', 'export', ...options, `${registry.host}/ours:1`, path)
      await using archive = await openArchive(path)
      const [entry] = await archive.listEntries()
      expect([archive.format, entry?.digest]).toEqual(['oci', digest])
      const layout = await openLayout(await newPath('layout'), { create: true })
      await copyImage(archive, layout, image.raw.descriptor)
      await layout.putManifest(image.raw, { tag: '1' })
      await expectSame(layout, image, '1')
    })
  })

  describe('in an archive of ours', () => {
    it('goes by skopeo into a registry, and into a layout', async () => {
      const path = await newArchive(image)
      await skopeo(`oci-archive:${path}:1`, `docker://${registry.host}/theirs:1`)
      await expectSame(repository('theirs'), image, '1')
      const folder = await newPath('theirs')
      await skopeo(`oci-archive:${path}:1`, `oci:${folder}:1`)
      await expectSame(await openLayout(folder), image, '1')
    })

    it('goes by oras into a registry, with what is attached to it', async () => {
      const path = await newArchive(image)
      const to = `${registry.host}/theirs:1`
      await run('oras', 'cp', '--recursive', '--from-oci-layout', '--to-plain-http', `${path}:1`, to)
      await expectSame(repository('theirs'), image, '1')
      await expectSbom(repository('theirs'), image)
    })

    it('goes by regctl into a registry', async () => {
      const path = await newPath('ours.tar')
      const layout = await newLayout(image)
      const { descriptor } = image.raw
      await pipeline(streamArchive(layout, [{ descriptor, tag: '1' }]), createWriteStream(path))
      await regctl('image', 'import', `${registry.host}/theirs:1`, path)
      await expectSame(repository('theirs'), image, '1')
    })
  })
})

describe('umoci', () => {
  it('lists, describes, unpacks and cleans a layout of ours, which stays whole', async () => {
    const layout = await openLayout(await newPath('layout'), { create: true })
    await pushImage(layout, single, '1')
    const folder = layout.directory
    expect((await run('umoci', 'list', '--layout', folder)).trim()).toBe('1')
    const stat = JSON.parse(await run('umoci', 'stat', '--json', '--image', `${folder}:1`)) as {
      history: { layer: { digest: string } }[]
    }
    expect(stat.history.map(({ layer }) => layer.digest)).toEqual(
      parseManifest(single.raw).layers.map(({ digest }) => digest),
    )
    const bundle = await newPath('bundle')
    await run('umoci', 'unpack', '--rootless', '--image', `${folder}:1`, bundle)
    expect(await readFile(join(bundle, 'rootfs/hello'), 'utf8')).toBe('from amd64')
    await run('umoci', 'gc', '--layout', folder)
    await expectSame(layout, single, '1')
  })

  it('makes and changes layouts that we read and write', async () => {
    const folder = await newPath('theirs')
    await run('umoci', 'init', '--layout', folder)
    await run('umoci', 'new', '--image', `${folder}:empty`)
    const layout = await openLayout(folder)
    await pushImage(layout, single, '1')
    await run('umoci', 'config', '--image', `${folder}:1`, '--tag', 'labelled', '--config.label', 'a=b')
    const tags = []
    for await (const tag of layout.listTags()) tags.push(tag)
    expect(tags.sort()).toEqual(['1', 'empty', 'labelled'])
    await expectSame(layout, single, '1')
    const changed = await layout.getManifest('labelled')
    expect(parseManifest(changed).layers).toEqual(parseManifest(single.raw).layers)
    expect(JSON.parse((await collect(layout.open(parseManifest(changed).config))).toString())).toMatchObject({
      config: { Labels: { a: 'b' } },
    })
    await skopeo(`oci:${folder}:labelled`, `docker://${registry.host}/theirs:1`)
    expect((await repository('theirs').getManifest('1')).descriptor.digest).toBe(changed.descriptor.digest)
  })
})

describe('archives of docker', () => {
  const docker = { registry: 'r.example', repository: 'team/app' }
  const config = parseManifest(single.raw).config

  it('of ours go by skopeo into a registry, layer by layer what was packed', async () => {
    const path = await newArchive(single, docker)
    await skopeo(`docker-archive:${path}:r.example/team/app:1`, `docker://${registry.host}/theirs:1`)
    const theirs = repository('theirs')
    const copied = parseManifest(await theirs.getManifest('1'))
    expect(copied.config.digest).toBe(config.digest)
    expect((await collect(theirs.open(copied.config))).equals(await collect(single.open(config)))).toBe(true)
  })

  it('of ours are layouts too, for skopeo and oras', async () => {
    const path = await newArchive(single, docker)
    await skopeo(`oci-archive:${path}:1`, `docker://${registry.host}/skopeo:1`)
    await expectSame(repository('skopeo'), single, '1')
    const to = `${registry.host}/oras:1`
    await run('oras', 'cp', '--recursive', '--from-oci-layout', '--to-plain-http', `${path}:1`, to)
    await expectSame(repository('oras'), single, '1')
    await expectSbom(repository('oras'), single)
  })

  it('of ours go by regctl and crane into a registry', async () => {
    const path = await newArchive(single, docker)
    await regctl('image', 'import', `${registry.host}/regctl:1`, path)
    expect(parseManifest(await repository('regctl').getManifest('1')).config.digest).toBe(config.digest)
    await run('crane', 'push', '--insecure', path, `${registry.host}/crane:1`)
    expect(parseManifest(await repository('crane').getManifest('1')).config.digest).toBe(config.digest)
  })

  it.each([
    [
      'skopeo',
      (from: string, to: string) => skopeo(`docker://${from}`, `docker-archive:${to}:r.example/team/app:1`),
    ],
    ['crane', (from: string, to: string) => run('crane', 'pull', '--insecure', from, to)],
    [
      'regctl',
      (from: string, to: string) => regctl('image', 'export', '--name', 'r.example/team/app:1', from, to),
    ],
  ])('of %s are read by us, with the config and the layers that were packed', async (_name, pack) => {
    await pushImage(repository('ours'), single, '1')
    const path = await newPath('theirs.tar')
    await pack(`${registry.host}/ours:1`, path)
    await using archive = await openArchive(path, { format: 'docker' })
    const manifest = parseManifest(await archive.getManifest('1'))
    expect((await collect(archive.open(manifest.config))).equals(await collect(single.open(config)))).toBe(
      true,
    )
    // What we make of the archive is an image for others too.
    const layout = await openLayout(await newPath('layout'), { create: true })
    const raw = await archive.getManifest('1')
    await copyImage(archive, layout, raw.descriptor)
    await layout.putManifest(raw, { tag: '1' })
    const bundle = await newPath('bundle')
    await run('umoci', 'unpack', '--rootless', '--image', `${layout.directory}:1`, bundle)
    expect(await readFile(join(bundle, 'rootfs/hello'), 'utf8')).toBe('from amd64')
    expect((await readdir(join(layout.directory, 'blobs/sha256'))).sort()).toEqual(
      [raw.descriptor, manifest.config, ...manifest.layers].map(({ digest }) => digestHex(digest)).sort(),
    )
  })
})

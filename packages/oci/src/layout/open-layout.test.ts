import { randomBytes } from 'node:crypto'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestHex, digestOf, mediaTypes } from '@sallyport/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import {
  collect,
  collectAll,
  pushImage,
  sampleBlob,
  sampleImage,
  sampleIndex,
  sampleReferrer,
  streamOf,
} from '../testing/sample-image.ts'
import { sharedLayout } from '../testing/shared-cases.ts'
import { openLayout } from './open-layout.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-layout-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const readIndex = async () =>
  JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as { manifests: Record<string, unknown>[] }

describe('openLayout', () => {
  it('keeps an image and finds it by tag and digest, also after opening again', async () => {
    const image = sampleImage([0, 70_000])
    await pushImage(await openLayout(folder, { create: true }), image, 'v1')
    const layout = await openLayout(folder)
    expect((await layout.getManifest('v1')).descriptor).toEqual(image.manifest.descriptor)
    expect(Buffer.from((await layout.getManifest(image.manifest.descriptor.digest)).bytes)).toEqual(
      Buffer.from(image.manifest.bytes),
    )
    for (const { blob, bytes } of image.blobs) {
      expect((await collect(layout.open(blob))).equals(bytes)).toBe(true)
      expect((await collect(layout.open(blob, { offset: 1 }))).equals(bytes.subarray(1))).toBe(true)
    }
    expect(await collectAll(layout.listTags())).toEqual(['v1'])
    expect(await layout.findManifest('v2')).toBeUndefined()
    expect(await layout.findManifest(digestOf('x'))).toBeUndefined()
  })

  it.each([
    [
      'another byte',
      (bytes: Uint8Array) => Buffer.concat([bytes.subarray(1), Buffer.of(bytes[0]! ^ 1)]),
      'DIGEST_MISMATCH',
    ],
    ['a byte less', (bytes: Uint8Array) => bytes.subarray(1), 'SIZE_MISMATCH'],
    ['a byte more', (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.of(1)]), 'SIZE_MISMATCH'],
  ])('stores nothing of a blob with %s, and refuses to read one', async (_, change, code) => {
    const layout = await openLayout(folder, { create: true })
    const { blob, bytes } = sampleBlob(randomBytes(1000))
    await expect(layout.write(blob, streamOf(change(bytes)))).rejects.toMatchObject({ code })
    expect(await layout.has(blob)).toBe(false)
    expect(await readdir(join(folder, 'blobs/sha256'))).toEqual([])
    expect((await readdir(folder)).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])

    await writeFile(join(folder, 'blobs/sha256', digestHex(blob.digest)), change(bytes))
    await expect(collect(layout.open(blob))).rejects.toMatchObject({ code })
  })

  it('moves a tag and keeps what it pointed to', async () => {
    const layout = await openLayout(folder, { create: true })
    const [first, second] = [sampleImage([1]), sampleImage([2])]
    await pushImage(layout, first, 'v1')
    await pushImage(layout, second, 'v1')
    expect((await layout.getManifest('v1')).descriptor.digest).toBe(second.manifest.descriptor.digest)
    expect((await layout.listEntries()).map(({ digest }) => digest)).toEqual([
      first.manifest.descriptor.digest,
      second.manifest.descriptor.digest,
    ])
  })

  it('lists an index instead of its images', async () => {
    const layout = await openLayout(folder, { create: true })
    const image = sampleImage([1])
    const index = sampleIndex([[{ os: 'linux', architecture: 'amd64' }, image.manifest]])
    await pushImage(layout, image)
    await layout.putManifest(index)
    await layout.putManifest(index, { tag: 'v1' })
    expect(await layout.listEntries()).toEqual([
      { ...index.descriptor, annotations: { 'org.opencontainers.image.ref.name': 'v1' } },
    ])
  })

  it('finds referrers that index.json or a fallback tag lists', async () => {
    const layout = await openLayout(folder, { create: true })
    const image = sampleImage([1])
    const listed = sampleReferrer(image.manifest.descriptor, 'application/vnd.example.a', { k: 'v' })
    const tagged = sampleReferrer(image.manifest.descriptor, 'application/vnd.example.b')
    await pushImage(layout, image, 'v1')
    await pushImage(layout, listed)
    await pushImage(layout, tagged)
    const { digest } = image.manifest.descriptor
    await layout.putManifest(sampleIndex([], { manifests: [tagged.manifest.descriptor] }), {
      tag: fallbackTag(digest),
    })
    const found = await layout.listReferrers(digest)
    expect(found.map(({ artifactType }) => artifactType)).toEqual([
      'application/vnd.example.a',
      'application/vnd.example.b',
    ])
    expect(found[0]?.annotations).toMatchObject({ k: 'v' })
    expect(await layout.listReferrers(digest, { artifactType: 'application/vnd.example.b' })).toHaveLength(1)
  })

  it('keeps fields of index.json that it does not know', async () => {
    await openLayout(folder, { create: true })
    const image = sampleImage([1])
    await writeFile(
      join(folder, 'index.json'),
      JSON.stringify({
        schemaVersion: 2,
        'x-top': 1,
        manifests: [{ ...image.manifest.descriptor, 'x-entry': 2 }],
      }),
    )
    await pushImage(await openLayout(folder), sampleImage([2]), 'v1')
    expect(await readIndex()).toMatchObject({ 'x-top': 1, manifests: [{ 'x-entry': 2 }, {}] })
  })

  it('writes several manifests at once without losing one', async () => {
    const layout = await openLayout(folder, { create: true })
    const images = Array.from({ length: 10 }, () => sampleImage([1]))
    await Promise.all(images.map((image, at) => pushImage(layout, image, `v${at}`)))
    expect(await collectAll(layout.listTags())).toHaveLength(10)
  })

  it.each([
    ['there is nothing', async () => rm(folder, { recursive: true })],
    ['there is no oci-layout file', async () => rm(join(folder, 'oci-layout'))],
    [
      'the version is another',
      async () => writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"2.0.0"}'),
    ],
    ['index.json is not JSON', async () => writeFile(join(folder, 'index.json'), '{')],
    [
      'index.json lists a bad digest',
      async () =>
        writeFile(
          join(folder, 'index.json'),
          `{"schemaVersion":2,"manifests":[{"mediaType":"${mediaTypes.ociManifest}","digest":"sha256:../../etc/passwd","size":1}]}`,
        ),
    ],
  ])('refuses a folder where %s', async (_, spoil) => {
    await openLayout(folder, { create: true })
    await spoil()
    await expect(openLayout(folder)).rejects.toMatchObject({ name: 'OciError', code: 'LAYOUT_INVALID' })
  })

  it('does not follow links in place of blobs, nor write through a linked folder', async () => {
    const layout = await openLayout(folder, { create: true })
    const { blob, bytes } = sampleBlob('secret')
    const outside = await mkdtemp(join(tmpdir(), 'sallyport-outside-'))
    try {
      await writeFile(join(outside, 'secret'), bytes)
      await symlink(join(outside, 'secret'), join(folder, 'blobs/sha256', digestHex(blob.digest)))
      await expect(collect(layout.open(blob))).rejects.toMatchObject({ code: 'LAYOUT_INVALID' })
      await rm(join(folder, 'blobs/sha256'), { recursive: true })
      await mkdir(join(outside, 'sha256'))
      await symlink(join(outside, 'sha256'), join(folder, 'blobs/sha256'))
      await expect(layout.write(blob, streamOf(bytes))).rejects.toMatchObject({ code: 'LAYOUT_INVALID' })
      expect(await readdir(join(outside, 'sha256'))).toEqual([])
    } finally {
      await rm(outside, { recursive: true })
    }
  })

  it('refuses a tag that two manifests claim', async () => {
    await openLayout(folder, { create: true })
    const annotations = { 'org.opencontainers.image.ref.name': 'v1' }
    const manifests = [sampleImage([1]), sampleImage([2])].map(({ manifest }) => ({
      ...manifest.descriptor,
      annotations,
    }))
    await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
    await expect((await openLayout(folder)).findManifest('v1')).rejects.toMatchObject({
      code: 'LAYOUT_INVALID',
    })
  })

  it('rejects with the reason of an abort', async () => {
    const layout = await openLayout(folder, { create: true })
    const signal = AbortSignal.abort(new Error('enough'))
    const { blob, bytes } = sampleBlob('x')
    await expect(layout.write(blob, streamOf(bytes), { signal })).rejects.toThrow('enough')
    await expect(layout.getManifest('v1', { signal })).rejects.toThrow('enough')
  })
})

describe('openLayout, layouts of other tools', () => {
  const notation = sharedLayout('notation/e2e-valid-signature')
  const regclient = sharedLayout('regclient/testrepo')

  it.skipIf(notation === undefined)('finds a signature of the Notary Project', async () => {
    await cp(notation!, folder, { recursive: true })
    const layout = await openLayout(folder)
    const image = await layout.getManifest('v1')
    expect(await layout.listReferrers(image.descriptor.digest)).toMatchObject([
      { artifactType: 'application/vnd.cncf.notary.signature' },
    ])
  })

  it.skipIf(regclient === undefined)('reads each tag of a layout written by regclient', async () => {
    await cp(regclient!, folder, { recursive: true })
    const layout = await openLayout(folder)
    const tags = await collectAll(layout.listTags())
    expect(tags.length).toBeGreaterThan(10)
    for (const tag of tags) expect((await layout.getManifest(tag)).descriptor.size).toBeGreaterThan(0)
    const listed = await Promise.all(
      tags.map(async (tag) => layout.listReferrers((await layout.getManifest(tag)).descriptor.digest)),
    )
    expect(listed.flat().length).toBeGreaterThan(0)
  })
})

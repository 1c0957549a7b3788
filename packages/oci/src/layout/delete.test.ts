import { mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestHex, mediaTypes } from '@sallyport/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import {
  collectAll,
  pushImage,
  sampleBlob,
  sampleImage,
  sampleIndex,
  sampleManifest,
  sampleReferrer,
  streamOf,
} from '../testing/sample-image.ts'
import { openLayout } from './open-layout.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-delete-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

describe('deleteTag', () => {
  it('takes the tag and leaves the manifest', async () => {
    const layout = await openLayout(folder, { create: true })
    const image = sampleImage([1])
    await pushImage(layout, image, 'v1')
    await layout.putManifest(image.manifest, { tag: 'v2' })
    expect(await layout.deleteTag('v1')).toBe(true)
    expect(await layout.deleteTag('v1')).toBe(false)
    expect(await collectAll(layout.listTags())).toEqual(['v2'])
    expect(await layout.deleteTag('v2')).toBe(true)
    expect(await layout.listEntries()).toHaveLength(1)
    expect(await layout.findManifest(image.manifest.descriptor.digest)).toBeDefined()
  })
})

describe('deleteManifest', () => {
  it('takes the manifest with all of its tags', async () => {
    const layout = await openLayout(folder, { create: true })
    const image = sampleImage([1])
    await pushImage(layout, image, 'v1')
    await layout.putManifest(image.manifest, { tag: 'v2' })
    const { digest } = image.manifest.descriptor
    expect(await layout.deleteManifest(digest)).toBe(true)
    expect(await layout.deleteManifest(digest)).toBe(false)
    expect(await layout.listEntries()).toEqual([])
    expect(await layout.findManifest(digest)).toBeUndefined()
  })

  it('takes a referrer out of the list at the fallback tag, and the tag with the last one', async () => {
    const layout = await openLayout(folder, { create: true })
    const image = sampleImage([1])
    await pushImage(layout, image, 'v1')
    const subject = image.manifest.descriptor
    const referrers = [sampleReferrer(subject, 'a/a'), sampleReferrer(subject, 'b/b')]
    for (const referrer of referrers) await pushImage(layout, referrer)
    const [first, second] = referrers.map(({ manifest }) => manifest.descriptor)
    await layout.putManifest(sampleIndex([], { manifests: [first, second] }), {
      tag: fallbackTag(subject.digest),
    })
    await layout.deleteManifest(first!.digest)
    expect(await layout.discoverReferrers(subject.digest)).toMatchObject({
      referrers: [{ descriptor: { digest: second!.digest }, mechanisms: ['layout-index', 'fallback-tag'] }],
      rejected: [],
    })
    await layout.deleteManifest(second!.digest)
    expect(await collectAll(layout.listTags())).toEqual(['v1'])
    expect(await layout.listEntries()).toHaveLength(1)
  })
})

describe('collectGarbage', () => {
  const now = { minimumAgeMs: 0, clock: { now: () => new Date(Date.now() + 60_000) } }

  it('keeps all that an entry leads to, and removes the rest', async () => {
    const layout = await openLayout(folder, { create: true })
    const [kept, child, gone] = [sampleImage([10]), sampleImage([20]), sampleImage([30, 40])]
    await pushImage(layout, kept, 'v1')
    await pushImage(layout, child)
    const index = sampleIndex([[{ os: 'linux', architecture: 'amd64' }, child.manifest]])
    await layout.putManifest(index, { tag: 'v2' })
    const referrer = sampleReferrer(index.descriptor, 'a/a')
    await pushImage(layout, referrer)
    const cosign = sampleImage([50])
    await pushImage(layout, cosign, `${fallbackTag(index.descriptor.digest)}.sig`)
    // A referrer that nothing lists, and a manifest of an unknown kind that names a blob.
    const unlisted = sampleReferrer(kept.manifest.descriptor, 'b/b')
    await layout.write(unlisted.manifest.descriptor, streamOf(unlisted.manifest.bytes))
    const named = sampleBlob('named by an unknown manifest')
    await layout.write(named.blob, streamOf(named.bytes))
    const unknown = sampleManifest({ things: [named.blob] }, 'application/vnd.example.things+json')
    await layout.putManifest(unknown)
    await pushImage(layout, gone, 'gone')
    await layout.deleteManifest(gone.manifest.descriptor.digest)
    const before = (await readdir(join(folder, 'blobs/sha256'))).length

    const expected = gone.blobs.map(({ blob }) => blob.digest).sort()
    const bytes = gone.blobs.reduce((sum, { blob }) => sum + blob.size, 0)
    expect(await layout.collectGarbage({ ...now, dryRun: true })).toEqual({
      removed: expected,
      partialFiles: 0,
      bytes,
    })
    expect(await readdir(join(folder, 'blobs/sha256'))).toHaveLength(before)
    expect(await layout.collectGarbage(now)).toEqual({ removed: expected, partialFiles: 0, bytes })
    const left = await readdir(join(folder, 'blobs/sha256'))
    expect(left).toHaveLength(before - expected.length)
    for (const digest of expected) expect(left).not.toContain(digestHex(digest))
  })

  it('keeps the old layers of a young manifest that is about to be listed', async () => {
    const layout = await openLayout(folder, { create: true })
    const image = sampleImage([30])
    for (const { blob, bytes } of image.blobs) {
      await layout.write(blob, streamOf(bytes))
      await utimes(join(folder, 'blobs/sha256', digestHex(blob.digest)), new Date(0), new Date(0))
    }
    await layout.write(image.manifest.descriptor, streamOf(image.manifest.bytes))
    expect(await layout.collectGarbage()).toMatchObject({ removed: [] })
  })

  it('removes what killed writers left half-written', async () => {
    const layout = await openLayout(folder, { create: true })
    const partial = join(folder, '.sallyport-00000000-0000-4000-8000-000000000000.partial')
    await writeFile(partial, 'half')
    expect(await layout.collectGarbage()).toMatchObject({ partialFiles: 0 })
    expect(await layout.collectGarbage(now)).toEqual({ removed: [], partialFiles: 1, bytes: 4 })
    expect((await readdir(folder)).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
  })

  it('leaves young blobs alone, which a writer may be about to list', async () => {
    const layout = await openLayout(folder, { create: true })
    const { blob, bytes } = sampleBlob('new')
    await layout.write(blob, streamOf(bytes))
    expect(await layout.collectGarbage()).toEqual({ removed: [], partialFiles: 0, bytes: 0 })
    expect(await layout.has(blob)).toBe(true)
  })
})

describe('openLayout, where the file system refuses', () => {
  const { blob, bytes } = sampleBlob('x', mediaTypes.ociLayer)

  it('says that it can’t write', async () => {
    const layout = await openLayout(folder, { create: true })
    await rm(join(folder, 'blobs'), { recursive: true })
    await writeFile(join(folder, 'blobs'), 'no folder')
    await expect(layout.write(blob, streamOf(bytes))).rejects.toMatchObject({
      name: 'OciError',
      code: 'LAYOUT_UNWRITABLE',
      reference: folder,
      cause: { code: expect.stringMatching(/ENOTDIR|EEXIST/) },
    })
    await expect(openLayout('x'.repeat(5000), { create: true })).rejects.toMatchObject({
      code: 'LAYOUT_UNWRITABLE',
      cause: { code: 'ENAMETOOLONG' },
    })
  })

  it('says that it can’t read', async () => {
    await symlink('loop', join(folder, 'loop'))
    await expect(openLayout(join(folder, 'loop'))).rejects.toMatchObject({
      code: 'LAYOUT_UNREADABLE',
      cause: { code: 'ELOOP' },
    })
  })

  it('passes on what the caller’s stream throws', async () => {
    const layout = await openLayout(folder, { create: true })
    const own = Object.assign(new Error('mine'), { code: 'EIO', syscall: 'read' })
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield bytes
      throw own
    }
    await expect(layout.write({ ...blob, size: 2 }, broken())).rejects.toBe(own)
  })
})

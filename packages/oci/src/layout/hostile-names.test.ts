import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ArchiveWriter, createArchive } from '../archive/create-archive.ts'
import { openArchive } from '../archive/open-archive.ts'
import { streamArchive } from '../archive/stream-archive.ts'
import { collectAll, pushImage, sampleImage, sampleIndex, sampleReferrer } from '../testing/sample-image.ts'
import { type LayoutRepository, openLayout } from './open-layout.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-names-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const image = sampleImage([10])
const { descriptor } = image.manifest
/** Whoever may attach something to an image chooses these. */
const spoofs = [
  ['a tag that is there', { 'org.opencontainers.image.ref.name': 'v1' }],
  ['a tag that is not there', { 'org.opencontainers.image.ref.name': 'v2' }],
  ['the whole name of an image', { 'io.containerd.image.name': 'registry.example/app:v1' }],
  ['the place of signatures in cosign save', { kind: 'dev.cosignproject.cosign/sigs' }],
  ['the place of the image in cosign save', { kind: 'dev.cosignproject.cosign/image' }],
] as const
const targets: readonly (readonly [
  string,
  (run: (target: LayoutRepository | ArchiveWriter) => Promise<void>) => Promise<void>,
])[] = [
  ['a layout', async (run) => run(await openLayout(join(folder, 'layout'), { create: true }))],
  [
    'an archive',
    async (run) => {
      await using archive = await createArchive(join(folder, 'a.tar'))
      await run(archive)
    },
  ],
]

describe.each(targets)('%s that is given a referrer', (_, withTarget) => {
  it.each(spoofs)('does not take the annotations of the referrer for %s', async (_, annotations) => {
    const referrer = sampleReferrer(descriptor, 'application/x.note', annotations)
    const index = sampleIndex([[{ os: 'linux', architecture: 'amd64' }, image.manifest]], {
      subject: descriptor,
      annotations,
    })
    await withTarget(async (target) => {
      await pushImage(target, image, 'v1')
      await pushImage(target, referrer)
      await target.putManifest(index)
      expect(await collectAll(target.listTags())).toEqual(['v1'])
      expect((await target.getManifest('v1')).descriptor.digest).toBe(descriptor.digest)
      const named = (await target.listEntries()).filter((entry) =>
        Object.keys(annotations).some((key) => entry.annotations?.[key] !== undefined),
      )
      expect(named.map(({ digest }) => digest).filter((digest) => digest !== descriptor.digest)).toEqual([])
      const [first] = (await target.listReferrers(descriptor.digest)).filter(
        ({ digest }) => digest === referrer.manifest.descriptor.digest,
      )
      expect(first?.annotations).toMatchObject(annotations)
    })
  })

  it('keeps such an annotation from naming it also under a tag of its own', async () => {
    const referrer = sampleReferrer(descriptor, 'application/x.note', {
      'org.opencontainers.image.ref.name': 'v1',
    })
    await withTarget(async (target) => {
      await pushImage(target, referrer, 'note')
      expect(await collectAll(target.listTags())).toEqual(['note'])
    })
  })

  it('calls a tag that is where it shall be no conflict, whatever was expected', async () => {
    const other = sampleImage([11])
    await withTarget(async (target) => {
      await pushImage(target, image, 'v1')
      for (const expected of ['absent', other.manifest.descriptor.digest] as const) {
        await target.putManifest(image.manifest, { tag: 'v1', expected })
        await expect(target.putManifest(other.manifest, { tag: 'v1', expected })).rejects.toMatchObject({
          code: 'TAG_CONFLICT',
        })
      }
      expect((await target.getManifest('v1')).descriptor.digest).toBe(descriptor.digest)
    })
  })
})

it('streams referrers without their names, too', async () => {
  const layout = await openLayout(folder, { create: true })
  const referrer = sampleReferrer(descriptor, 'application/x.note', spoofs[1][1])
  await pushImage(layout, image, 'v1')
  await pushImage(layout, referrer)
  const images = [{ descriptor, tag: 'v1' }, { descriptor: referrer.manifest.descriptor }]
  const tar = join(folder, 'a.tar')
  await writeFile(tar, streamArchive(layout, images))
  await using archive = await openArchive(tar)
  expect(await collectAll(archive.listTags())).toEqual(['v1'])
})

import { type Descriptor, digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { describe, expect, it } from 'vitest'
import { createImage } from '../image/create-image.ts'
import { pushImage } from '../image/push-image.ts'
import { collectBytes, type ContractSubject, streamOf } from './contract-subject.ts'

/** An empty repository that may be written to. */
export type CreateRepository = () => Promise<ContractSubject<Repository>>

const bytes = Buffer.from('content of a blob')
const blob: Descriptor = {
  mediaType: 'application/octet-stream',
  digest: digestOf(bytes),
  size: bytes.byteLength,
}

/**
 * The laws of the port {@link Repository}: content by digest, tags only when told, referrers that really refer.
 * Call it in a vitest file.
 *
 * @param name What is tested, for the titles.
 */
export function describeRepositoryContract(name: string, create: CreateRepository): void {
  const image = createImage({ layers: [{ files: { hello: 'world' } }] })
  const { digest } = image.raw.descriptor

  describe(`${name} as a Repository`, () => {
    it('stores a blob, again without complaint, and reads it back', async () => {
      await using created = await create()
      const { subject } = created
      expect(await subject.has(blob)).toBe(false)
      await subject.write(blob, streamOf(bytes))
      await subject.write(blob, streamOf(bytes))
      expect(await subject.has(blob)).toBe(true)
      expect((await collectBytes(subject.open(blob))).equals(bytes)).toBe(true)
    })

    it.each([
      ['other bytes', Buffer.from('c0ntent of a blob')],
      ['a byte too few', bytes.subarray(1)],
      ['a byte too many', Buffer.concat([bytes, Buffer.from('!')])],
    ])('refuses %s and stores nothing', async (_, wrong) => {
      await using created = await create()
      await expect(created.subject.write(blob, streamOf(wrong))).rejects.toThrow()
      expect(await created.subject.has(blob)).toBe(false)
    })

    it('rejects with the reason of an aborted signal', async () => {
      await using created = await create()
      const reason = new Error('no longer wanted')
      const signal = AbortSignal.abort(reason)
      await expect(created.subject.write(blob, streamOf(bytes), { signal })).rejects.toBe(reason)
      await expect(created.subject.getManifest(digest, { signal })).rejects.toBe(reason)
    })

    it('moves no tag when a manifest is pushed by digest', async () => {
      await using created = await create()
      await pushImage(created.subject, image)
      expect(await tagsOf(created.subject)).toEqual([])
      expect(Buffer.from((await created.subject.getManifest(digest)).bytes).equals(image.raw.bytes)).toBe(
        true,
      )
    })

    it('finds by tag what was pushed under it, and moves the tag', async () => {
      await using created = await create()
      await pushImage(created.subject, image, 'latest')
      expect((await created.subject.getManifest('latest')).descriptor.digest).toBe(digest)
      const second = createImage({ layers: [{ files: { hello: 'again' } }] })
      await pushImage(created.subject, second, 'latest')
      expect((await created.subject.getManifest('latest')).descriptor.digest).toBe(
        second.raw.descriptor.digest,
      )
      expect(await tagsOf(created.subject)).toEqual(['latest'])
    })

    it('says that a manifest is missing', async () => {
      await using created = await create()
      await pushImage(created.subject, image, 'there')
      expect(await created.subject.findManifest('missing')).toBeUndefined()
      expect(await created.subject.findManifest(digestOf('missing'))).toBeUndefined()
      await expect(created.subject.getManifest('missing')).rejects.toMatchObject({
        code: 'MANIFEST_NOT_FOUND',
      })
    })

    it('lists the referrers of a digest, all or by type', async () => {
      await using created = await create()
      await pushImage(created.subject, image, 'latest')
      const config = { mediaType: mediaTypes.ociEmpty, digest: digestOf('{}'), size: 2 }
      await created.subject.write(config, streamOf(Buffer.from('{}')))
      const referrers = ['application/a', 'application/b'].map((type) =>
        referrerOf(image.raw.descriptor, config, type),
      )
      for (const referrer of referrers) await created.subject.putManifest(referrer)
      const found = await created.subject.listReferrers(digest)
      expect(found.map(({ artifactType }) => artifactType).sort()).toEqual(['application/a', 'application/b'])
      const [one, ...rest] = await created.subject.listReferrers(digest, { artifactType: 'application/b' })
      expect([one?.digest, one?.annotations, rest]).toEqual([
        referrers[1]?.descriptor.digest,
        { type: 'application/b' },
        [],
      ])
      expect(await created.subject.listReferrers(digestOf('nothing refers to it'))).toEqual([])
    })
  })
}

async function tagsOf(repository: Repository): Promise<string[]> {
  const tags: string[] = []
  for await (const tag of repository.listTags()) tags.push(tag)
  return tags.sort()
}

function referrerOf(subject: Descriptor, config: Descriptor, artifactType: string): RawManifest {
  const mediaType = mediaTypes.ociManifest
  const annotations = { type: artifactType }
  const value = { schemaVersion: 2, mediaType, artifactType, config, layers: [config], subject, annotations }
  const manifest = Buffer.from(JSON.stringify(value))
  return { descriptor: { mediaType, digest: digestOf(manifest), size: manifest.byteLength }, bytes: manifest }
}

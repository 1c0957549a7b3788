import { type Descriptor, digestOf, type RawManifest } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { createImage } from '../image/create-image.ts'
import { pushImage } from '../image/push-image.ts'
import { collectBytes, streamOf } from './contract-subject.ts'
import {
  type CreateRepository,
  pushReferrer,
  type RepositoryContractOptions,
  tagsOf,
} from './contract-repository.ts'
import { describeExpectedTags } from './describe-expected-tags.ts'
import { describeManifestHeads } from './describe-manifest-heads.ts'
import { describeReferrerDiscovery } from './describe-referrer-discovery.ts'

const bytes = Buffer.from('content of a blob')
const blob: Descriptor = {
  mediaType: 'application/octet-stream',
  digest: digestOf(bytes),
  size: bytes.byteLength,
}

/**
 * The laws of the port `Repository`: content by digest, tags only when told and only from where they are expected,
 * referrers that really refer. Call it in a vitest file.
 *
 * @param name What is tested, for the titles.
 */
export function describeRepositoryContract(
  name: string,
  create: CreateRepository,
  options: RepositoryContractOptions = {},
): void {
  const image = createImage({ layers: [{ files: { hello: 'world' } }] })
  const { digest } = image.raw.descriptor

  describeManifestHeads(name, create, options)
  describeExpectedTags(name, create, options)
  describeReferrerDiscovery(name, create)

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

    it('finds by tag what was pushed under it, and moves the tag where tags move', async () => {
      await using created = await create()
      await pushImage(created.subject, image, 'latest')
      expect((await created.subject.getManifest('latest')).descriptor.digest).toBe(digest)
      const second = createImage({ layers: [{ files: { hello: 'again' } }] })
      const move = pushImage(created.subject, second, 'latest')
      if (options.tagsStay) await expect(move).rejects.toThrow()
      else await move
      expect((await created.subject.getManifest('latest')).descriptor.digest).toBe(
        options.tagsStay ? digest : second.raw.descriptor.digest,
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
      const referrers: RawManifest[] = []
      for (const type of ['application/a', 'application/b']) {
        referrers.push(await pushReferrer(created.subject, image.raw.descriptor, type))
      }
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

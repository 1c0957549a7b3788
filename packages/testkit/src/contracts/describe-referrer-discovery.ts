import { digestOf, mediaTypes } from '@sallyport/core'
import { fallbackTag } from '@sallyport/oci'
import { describe, expect, it } from 'vitest'
import { createImage } from '../image/create-image.ts'
import { pushImage } from '../image/push-image.ts'
import { type CreateRepository, pushReferrer, toManifest } from './contract-repository.ts'

/** The laws of `discoverReferrers`. */
export function describeReferrerDiscovery(name: string, create: CreateRepository): void {
  const image = createImage({ layers: [{ files: { hello: 'world' } }] })
  const other = createImage({ layers: [{ files: { hello: 'others' } }] })
  const { digest } = image.raw.descriptor

  describe(`${name} as a Repository whose referrers are discovered`, () => {
    it('tells each referrer as its own manifest describes it, and where it was listed', async () => {
      await using created = await create()
      await pushImage(created.subject, image, 'v1')
      const referrer = await pushReferrer(created.subject, image.raw.descriptor, 'application/a')
      await pushReferrer(created.subject, other.raw.descriptor, 'application/b')
      const discovery = await created.subject.discoverReferrers(digest)
      expect(discovery.subject).toBe(digest)
      expect(discovery.referrers.map(({ descriptor }) => descriptor)).toEqual([
        { ...referrer.descriptor, artifactType: 'application/a', annotations: { type: 'application/a' } },
      ])
      expect(discovery.referrers[0]?.mechanisms.length).toBeGreaterThan(0)
      expect(discovery.rejected.map((entry) => entry.digest)).not.toContain(referrer.descriptor.digest)
    })

    it('finds nothing for a digest that nothing refers to', async () => {
      await using created = await create()
      await pushImage(created.subject, image, 'v1')
      const unknown = digestOf('nothing refers to it')
      expect(await created.subject.discoverReferrers(unknown)).toMatchObject({
        subject: unknown,
        referrers: [],
        cosignTags: [],
        rejected: [],
        fallbackTag: 'missing',
      })
    })

    it('rejects what a list names and what is no referrer, with the reason', async () => {
      await using created = await create()
      await pushImage(created.subject, image, 'v1')
      await pushImage(created.subject, other)
      const stranger = await pushReferrer(created.subject, other.raw.descriptor, 'application/b')
      const listed = [image.raw, other.raw, stranger].map(({ descriptor }) => descriptor)
      const manifests = listed.map(({ mediaType, digest, size }) => ({ mediaType, digest, size }))
      const index = toManifest(mediaTypes.ociIndex, { manifests })
      await created.subject.putManifest(index, { tag: fallbackTag(digest) })
      const { referrers, rejected, fallbackTag: found } = await created.subject.discoverReferrers(digest)
      expect([referrers, found]).toEqual([[], 'index'])
      expect(
        rejected.filter(({ mechanism }) => mechanism === 'fallback-tag').map(({ reason }) => reason),
      ).toEqual(['is-the-subject', 'names-no-subject', 'names-another-subject'])
    })

    it('takes an image at the fallback tag for what it is', async () => {
      await using created = await create()
      await pushImage(created.subject, image, fallbackTag(digest))
      const { referrers, fallbackTag: found } = await created.subject.discoverReferrers(digest)
      expect([referrers, found]).toEqual([[], 'foreign'])
    })

    it('finds the tags that cosign makes from a digest', async () => {
      await using created = await create()
      await pushImage(created.subject, image, 'v1')
      await pushImage(created.subject, other, `${fallbackTag(digest)}.sig`)
      const { cosignTags } = await created.subject.discoverReferrers(digest)
      const found = cosignTags.map(({ tag, kind, descriptor }) => [tag, kind, descriptor.digest])
      const expected = [`${fallbackTag(digest)}.sig`, 'sig', other.raw.descriptor.digest]
      expect(found).toEqual([expected])
    })
  })
}

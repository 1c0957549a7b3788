import { digestOf } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { createImage } from '../image/create-image.ts'
import { pushImage } from '../image/push-image.ts'
import type { CreateRepository, RepositoryContractOptions } from './contract-repository.ts'

/** The laws of `headManifest`. */
export function describeManifestHeads(
  name: string,
  create: CreateRepository,
  { headFindsNothing = false }: RepositoryContractOptions,
): void {
  const image = createImage({ layers: [{ files: { hello: 'world' } }] })
  const { mediaType, digest, size } = image.raw.descriptor

  describe(`${name} as a Repository that is asked for heads`, () => {
    it.each([
      ['a tag', 'v1'],
      ['a digest', digest],
    ])('describes the manifest of %s, or says that there is none', async (_, reference) => {
      await using created = await create()
      await pushImage(created.subject, image, 'v1')
      const head = await created.subject.headManifest(reference)
      if (headFindsNothing) expect(head).toBeUndefined()
      else expect(head).toMatchObject({ mediaType, digest, size })
    })

    it('finds nothing where nothing is', async () => {
      await using created = await create()
      await pushImage(created.subject, image, 'v1')
      expect(await created.subject.headManifest('v2')).toBeUndefined()
      expect(await created.subject.headManifest(digestOf('missing'))).toBeUndefined()
    })

    it('rejects with the reason of an aborted signal', async () => {
      await using created = await create()
      const reason = new Error('no longer wanted')
      const head = created.subject.headManifest('v1', { signal: AbortSignal.abort(reason) })
      await expect(head).rejects.toBe(reason)
    })
  })
}

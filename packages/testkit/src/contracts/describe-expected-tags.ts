import { type Digest, digestOf } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { createImage } from '../image/create-image.ts'
import { pushImage } from '../image/push-image.ts'
import type { CreateRepository, RepositoryContractOptions } from './contract-repository.ts'

/** The laws of `expected` in `putManifest`. */
export function describeExpectedTags(
  name: string,
  create: CreateRepository,
  { tagsStay = false }: RepositoryContractOptions,
): void {
  const [first, second] = ['first', 'second'].map((text) =>
    createImage({ layers: [{ files: { text } }] }),
  ) as [ReturnType<typeof createImage>, ReturnType<typeof createImage>]
  const before = first.raw.descriptor.digest
  const after = second.raw.descriptor.digest

  describe(`${name} as a Repository that moves tags`, () => {
    it('makes a tag that is expected to be absent', async () => {
      await using created = await create()
      await pushImage(created.subject, first)
      await created.subject.putManifest(first.raw, { tag: 'v1', expected: 'absent' })
      expect((await created.subject.getManifest('v1')).descriptor.digest).toBe(before)
    })

    it('moves a tag that is where it is expected, where tags move', async () => {
      await using created = await create()
      await pushImage(created.subject, first, 'v1')
      await pushImage(created.subject, second)
      const move = created.subject.putManifest(second.raw, { tag: 'v1', expected: before })
      if (tagsStay) await expect(move).rejects.toThrow()
      else await move
      expect((await created.subject.getManifest('v1')).descriptor.digest).toBe(tagsStay ? before : after)
    })

    it.each<[string, Digest | 'absent']>([
      ['is there and expected absent', 'absent'],
      ['is somewhere else', digestOf('elsewhere')],
      ['is not yet where it is to go', after],
    ])('does not move a tag that %s', async (_, expected) => {
      await using created = await create()
      await pushImage(created.subject, first, 'v1')
      await pushImage(created.subject, second)
      const move = created.subject.putManifest(second.raw, { tag: 'v1', expected })
      await expect(move).rejects.toMatchObject({ code: 'TAG_CONFLICT' })
      expect((await created.subject.getManifest('v1')).descriptor.digest).toBe(before)
    })

    it('does not make a tag that is expected somewhere', async () => {
      await using created = await create()
      await pushImage(created.subject, first)
      const move = created.subject.putManifest(first.raw, { tag: 'v1', expected: before })
      await expect(move).rejects.toMatchObject({ code: 'TAG_CONFLICT' })
      expect(await created.subject.findManifest('v1')).toBeUndefined()
    })
  })
}

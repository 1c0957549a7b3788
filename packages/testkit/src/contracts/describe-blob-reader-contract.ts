import { type BlobReader, type Descriptor, digestOf } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { collectBytes, type ContractSubject } from './contract-subject.ts'

/** A reader that holds the content it was created with. */
export type CreateBlobReader = (contents: readonly Uint8Array[]) => Promise<ContractSubject<BlobReader>>

const mediaType = 'application/octet-stream'
const content = Buffer.from('0123456789'.repeat(20_000))

/**
 * The laws of the port {@link BlobReader}: right bytes or an error, whatever the source does. Call it in a vitest file.
 *
 * @param name What is tested, for the titles.
 */
export function describeBlobReaderContract(name: string, create: CreateBlobReader): void {
  const blob: Descriptor = { mediaType, digest: digestOf(content), size: content.byteLength }

  describe(`${name} as a BlobReader`, () => {
    it('delivers the bytes of the descriptor', async () => {
      await using created = await create([content])
      expect((await collectBytes(created.subject.open(blob))).equals(content)).toBe(true)
    })

    it('delivers an empty blob', async () => {
      await using created = await create([new Uint8Array()])
      const empty = { mediaType, digest: digestOf(''), size: 0 }
      expect(await collectBytes(created.subject.open(empty))).toHaveLength(0)
    })

    it('delivers the rest from an offset', async () => {
      await using created = await create([content])
      const rest = await collectBytes(created.subject.open(blob, { offset: 199_990 }))
      expect(rest.toString()).toBe('0123456789')
    })

    it.each([
      ['an unknown digest', { ...blob, digest: digestOf('something else') }],
      ['a size that is too large', { ...blob, size: blob.size + 1 }],
      ['a size that is too small', { ...blob, size: blob.size - 1 }],
    ])('rejects %s', async (_, wrong) => {
      await using created = await create([content])
      await expect(collectBytes(created.subject.open(wrong))).rejects.toThrow()
    })

    it('rejects with the reason of an aborted signal', async () => {
      await using created = await create([content])
      const reason = new Error('no longer wanted')
      const signal = AbortSignal.abort(reason)
      await expect(collectBytes(created.subject.open(blob, { signal }))).rejects.toBe(reason)
    })

    it('lets a consumer leave early and read again', async () => {
      await using created = await create([content])
      for await (const chunk of created.subject.open(blob)) {
        expect(chunk.byteLength).toBeGreaterThan(0)
        break
      }
      expect(await collectBytes(created.subject.open(blob))).toHaveLength(content.byteLength)
    })
  })
}

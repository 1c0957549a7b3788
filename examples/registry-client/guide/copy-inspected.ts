import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { type Digest, toDigest } from '@sallyport/core'
import { copy, type Repository } from '@sallyport/oci'

/** Unpacks each layer while it is copied. What the tap rejects with ends the copy; the layer never arrives. */
export async function copyInspected(
  source: Repository,
  target: Repository,
  tag: string,
  forbiddenDiffIds: ReadonlySet<Digest>,
): Promise<void> {
  await copy(source, target, {
    from: tag,
    tag,
    tapExisting: true,
    tap: (blob, { kind, role }) => {
      const isOfImage = role === 'root' || role === 'child'
      if (!isOfImage || kind !== 'layer' || !blob.mediaType.endsWith('gzip')) return undefined
      return async (content) => {
        const hash = createHash('sha256')
        await pipeline(content, createGunzip(), async (tar: AsyncIterable<Uint8Array>) => {
          for await (const chunk of tar) hash.update(chunk) // a scanner would read here
        })
        if (forbiddenDiffIds.has(toDigest(hash))) throw new Error(`layer ${blob.digest} is forbidden`)
      }
    },
  })
}

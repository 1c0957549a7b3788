import { createHash } from 'node:crypto'
import { type Digest, toDigest } from '@sallyport/core'
import { copy, type Repository } from '@sallyport/oci'

/** Looks into each layer while it is copied. What the tap rejects with ends the copy; the layer never arrives. */
export async function copyInspected(
  source: Repository,
  target: Repository,
  tag: string,
  forbidden: ReadonlySet<Digest>,
): Promise<void> {
  await copy(source, target, {
    from: tag,
    tag,
    tapExisting: true,
    tap: (blob, { kind, role }) => {
      if (kind !== 'layer' || role === 'referrer') return undefined
      return async (content) => {
        const hash = createHash('sha256')
        for await (const chunk of content) hash.update(chunk) // a scanner would read here
        if (forbidden.has(toDigest(hash))) throw new Error(`layer ${blob.digest} is forbidden`)
      }
    },
  })
}

import type { Descriptor, Digest } from '@sallyport/core'
import type { CosignTag } from '../ports/repository.ts'
import { fallbackTag } from './fallback-tag.ts'

const kinds: readonly CosignTag['kind'][] = ['sig', 'att', 'sbom']

/** Looks for the tags that cosign makes from a digest. */
export async function findCosignTags(
  subject: Digest,
  find: (tag: string) => Promise<Descriptor | undefined>,
): Promise<readonly CosignTag[]> {
  const found = await Promise.all(
    kinds.map(async (kind) => {
      const tag = `${fallbackTag(subject)}.${kind}`
      const descriptor = await find(tag)
      return descriptor === undefined ? [] : [{ tag, kind, descriptor }]
    }),
  )
  return found.flat()
}

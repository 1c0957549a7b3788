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

/** Whether a tag is one that cosign makes. What stands there has the form of an image and is none. */
export function isCosignTag(tag: string | undefined): boolean {
  return tag !== undefined && /^sha(?:256|512)-(?:[0-9a-f]{64}){1,2}\.(?:sig|att|sbom)$/.test(tag)
}

import { type Descriptor, isIndexMediaType, isManifestMediaType, type RawManifest } from '@sallyport/core'
import { parseIndex } from '../manifest/parse-manifest.ts'
import type { Repository } from '../ports/repository.ts'
import { describeReferrer } from '../referrers/verify-referrers.ts'

/**
 * What an index lists and `index.json` then need not list by itself. A child that names a subject stays there: that is
 * how a layout knows its referrers, and the index that holds it may be about the child itself.
 */
export async function childrenToUnlist(
  manifest: RawManifest,
  findManifest: Repository['findManifest'],
  signal: AbortSignal | undefined,
): Promise<readonly Descriptor[]> {
  if (!isIndexMediaType(manifest.descriptor.mediaType)) return []
  const unlisted: Descriptor[] = []
  for (const child of parseIndex(manifest).manifests) {
    const isManifest = isIndexMediaType(child.mediaType) || isManifestMediaType(child.mediaType)
    const raw = isManifest ? await findManifest(child.digest, { signal }) : undefined
    if (raw === undefined || describeReferrer(raw).subject === undefined) unlisted.push(child)
  }
  return unlisted
}

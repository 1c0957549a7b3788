import { type BlobOptions, type Digest, isSallyportError, type RawManifest } from '@sallyport/core'
import { parseIndex } from '../manifest/parse-manifest.ts'
import { toRawManifest } from '../manifest/raw-manifest.ts'
import type { Repository } from '../ports/repository.ts'
import { isFallbackIndex } from '../referrers/fallback-index.ts'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import { describeReferrer } from '../referrers/verify-referrers.ts'

interface ReferrerList extends Pick<Repository, 'findManifest' | 'putManifest'> {
  deleteTag(tag: string, options?: BlobOptions): Promise<boolean>
  deleteManifest(digest: Digest, options?: BlobOptions): Promise<boolean>
}

/** Takes a referrer out of the list at its subject's fallback tag; the tag goes with the last one. */
export async function forgetReferrer(
  layout: ReferrerList,
  referrer: RawManifest,
  { signal }: BlobOptions = {},
): Promise<void> {
  const { subject } = describeReferrer(referrer)
  if (subject === undefined) return
  const tag = fallbackTag(subject.digest)
  for (;;) {
    const current = await layout.findManifest(tag, { signal })
    if (current === undefined || !isFallbackIndex(current, subject.digest)) return
    const { digest } = referrer.descriptor
    if (!parseIndex(current).manifests.some((entry) => entry.digest === digest)) return
    const rest = without(current, digest)
    try {
      if (rest === undefined) await layout.deleteTag(tag, { signal })
      else await layout.putManifest(rest, { tag, expected: current.descriptor.digest, signal })
    } catch (error) {
      if (isSallyportError(error) && error.code === 'TAG_CONFLICT') continue
      throw error
    }
    await layout.deleteManifest(current.descriptor.digest, { signal })
    return
  }
}

function without(index: RawManifest, digest: Digest): RawManifest | undefined {
  const fields = JSON.parse(new TextDecoder().decode(index.bytes)) as { manifests: { digest: unknown }[] }
  const manifests = fields.manifests.filter((entry) => entry.digest !== digest)
  if (manifests.length === 0) return undefined
  return toRawManifest(new TextEncoder().encode(JSON.stringify({ ...fields, manifests })), {
    mediaType: index.descriptor.mediaType,
  })
}

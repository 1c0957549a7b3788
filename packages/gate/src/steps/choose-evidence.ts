import type { RawManifest } from '@sallyport/core'
import type { UsageEvidence } from '@sallyport/harden/evidence'
import { parseManifest } from '@sallyport/oci'

/**
 * The recordings for the image of one platform: without those of the other platforms' images. One of an image that is not
 * there at all stays, and is refused.
 */
export function chooseEvidence(
  evidence: readonly UsageEvidence[] | undefined,
  own: RawManifest,
  images: readonly { readonly raw: RawManifest }[],
): readonly UsageEvidence[] | undefined {
  const namesOf = (raw: RawManifest) => [raw.descriptor.digest, parseManifest(raw).config.digest]
  const mine = new Set<string>(namesOf(own))
  const others = new Set<string>(images.flatMap(({ raw }) => namesOf(raw)).filter((name) => !mine.has(name)))
  return evidence?.filter((one) => {
    const names = one.images
    return names.some((name) => mine.has(name)) || !names.some((name) => others.has(name))
  })
}

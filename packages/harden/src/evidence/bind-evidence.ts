import type { Digest } from '@sallyport/core'
import type { Image } from '@sallyport/image'
import { HardenError } from '../errors.ts'
import type { UsageEvidence } from './usage-evidence.ts'

/**
 * Checks that recordings are of this image: that each names the digest of its manifest, of its configuration, or of an
 * index that holds it.
 *
 * @throws {HardenError} `EVIDENCE_MISMATCH` for a recording of another image, or one that names none.
 */
export function bindEvidence(
  evidence: readonly UsageEvidence[],
  { raw, manifest }: Pick<Image, 'raw' | 'manifest'>,
  indexes: readonly Digest[] = [],
): void {
  const own = new Set<string>([raw.descriptor.digest, manifest.config.digest, ...indexes])
  for (const { source, images } of evidence) {
    if (images.length === 0)
      throw new HardenError(
        'EVIDENCE_MISMATCH',
        `the recording of ${source} does not name an image: give the digest of the image that was traced`,
      )
    const other = images.find((digest) => !own.has(digest))
    if (other !== undefined && !images.some((digest) => own.has(digest)))
      throw new HardenError(
        'EVIDENCE_MISMATCH',
        `the recording of ${source} is of ${other}, not of ${raw.descriptor.digest} or an index that was named`,
      )
  }
}

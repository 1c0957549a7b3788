import type { Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'

/** What is attached to an image, how it was found, and what only looked like it. */
export async function listEvidence(repository: Repository, subject: Digest): Promise<readonly string[]> {
  const found = await repository.discoverReferrers(subject)
  if (found.referrersApi === 'denied' || found.referrersApi === 'unusable') {
    console.warn(`${repository.name} may have more: its referrers API is ${found.referrersApi}`)
  }
  return [
    ...found.referrers.map(
      ({ descriptor, mechanisms }) =>
        `${descriptor.artifactType ?? descriptor.mediaType} by ${mechanisms.join(' and ')}`,
    ),
    ...found.cosignTags.map(({ kind, tag }) => `${kind} by cosign's tag ${tag}`),
    ...found.rejected.map(({ digest, reason }) => `not counted: ${digest} ${reason}`),
  ]
}

import { type Descriptor, type Digest, isManifestMediaType, mediaTypes } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { mapConcurrent } from '../internal/map-concurrent.ts'
import { parseArtifactManifest } from '../storage/parse-artifact-manifest.ts'
import { wireFormat } from '../storage/wire-format.ts'
import type { Candidate, CandidateList, CandidateOptions } from './candidate.ts'
import type { RejectedEvidence } from './evidence.ts'
import { Rejection, toRejection } from './rejection.ts'

/** Lists the referrers of an image that carry a Sigstore bundle. */
export async function listBundles(
  repository: Repository,
  subject: Digest,
  { maxCandidates, predicateType, signal }: CandidateOptions,
): Promise<CandidateList> {
  const referrers = (await repository.listReferrers(subject, { signal })).filter(
    (referrer) => mayCarryBundle(referrer) && !isAnnotatedOtherwise(referrer, predicateType),
  )
  const rejected: RejectedEvidence[] = []
  const [firstBeyond] = referrers.slice(maxCandidates)
  if (firstBeyond !== undefined) {
    rejected.push({
      store: 'bundle',
      manifest: firstBeyond.digest,
      reason: 'limit-exceeded',
      message: `${referrers.length} referrers may carry bundles, only ${maxCandidates} were looked at`,
    })
  }
  const found = await mapConcurrent(referrers.slice(0, maxCandidates), 6, async (referrer) => {
    try {
      return await readCandidate(repository, subject, referrer, signal)
    } catch (error) {
      signal?.throwIfAborted()
      const { reason, message } = toRejection(error, 'manifest-invalid')
      rejected.push({ store: 'bundle', manifest: referrer.digest, reason, message })
      return undefined
    }
  })
  return { candidates: found.filter((candidate) => candidate !== undefined), rejected }
}

/**
 * Fallback indexes written by older clients say "empty" or nothing instead of the artifact type, so only a clearly
 * different type is left out without a look at the manifest.
 */
function mayCarryBundle({ mediaType, artifactType }: Descriptor): boolean {
  if (!isManifestMediaType(mediaType)) return false
  return !artifactType || artifactType === mediaTypes.ociEmpty || isBundleType(artifactType)
}

function isBundleType(type: string): boolean {
  return type.startsWith(wireFormat.bundlePrefix)
}

function isAnnotatedOtherwise({ annotations }: Descriptor, predicateType: string | undefined): boolean {
  const annotated = annotations?.[wireFormat.annotations.bundlePredicateType]
  return predicateType !== undefined && annotated !== undefined && annotated !== predicateType
}

async function readCandidate(
  repository: Repository,
  subject: Digest,
  referrer: Descriptor,
  signal: AbortSignal | undefined,
): Promise<Candidate | undefined> {
  const manifest = parseArtifactManifest(await repository.getManifest(referrer.digest, { signal }))
  if (manifest === undefined)
    throw new Rejection('manifest-invalid', `${referrer.digest} is not a valid manifest`)
  const [layer, ...others] = manifest.layers
  const type = manifest.artifactType ?? manifest.config.artifactType ?? ''
  if (!isBundleType(type) && !isBundleType(layer?.mediaType ?? '')) return undefined // another kind of artifact
  if (manifest.subject?.digest !== subject) {
    throw new Rejection(
      'subject-mismatch',
      `${referrer.digest} refers to ${manifest.subject?.digest ?? 'nothing'}`,
    )
  }
  if (layer === undefined || others.length > 0 || !isBundleType(layer.mediaType)) {
    throw new Rejection('manifest-invalid', `${referrer.digest}: expected one layer with a bundle`)
  }
  return { store: 'bundle', manifest: referrer.digest, blob: layer }
}

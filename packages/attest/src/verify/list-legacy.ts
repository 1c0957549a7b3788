import type { Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { legacyTag } from '../storage/legacy-tag.ts'
import { parseArtifactManifest } from '../storage/parse-artifact-manifest.ts'
import { wireFormat } from '../storage/wire-format.ts'
import type { CandidateList, CandidateOptions } from './candidate.ts'
import { Rejection, toRejection } from './rejection.ts'

/** Lists the layers of the manifest under the `.sig` or `.att` tag of an image. */
export async function listLegacy(
  repository: Repository,
  subject: Digest,
  store: 'legacy-signature' | 'legacy-attestation',
  { maxCandidates, predicateType, signal }: CandidateOptions,
): Promise<CandidateList> {
  const tag = legacyTag(subject, store === 'legacy-signature' ? 'sig' : 'att')
  const wanted = store === 'legacy-signature' ? wireFormat.simpleSigning : wireFormat.envelope
  let digest = subject
  try {
    const raw = await repository.findManifest(tag, { signal })
    if (raw === undefined) return { candidates: [], rejected: [] }
    digest = raw.descriptor.digest
    const manifest = parseArtifactManifest(raw)
    if (manifest === undefined) throw new Rejection('manifest-invalid', `${tag} is not a valid manifest`)
    const layers = manifest.layers.filter(({ mediaType, annotations }) => {
      const annotated = annotations?.[wireFormat.annotations.predicateType]
      return (
        mediaType === wanted &&
        !(predicateType !== undefined && annotated !== undefined && annotated !== predicateType)
      )
    })
    return {
      candidates: layers.slice(0, maxCandidates).map((blob) => ({ store, manifest: digest, blob })),
      rejected:
        layers.length <= maxCandidates
          ? []
          : [
              {
                store,
                manifest: digest,
                reason: 'limit-exceeded',
                message: `${tag} has ${layers.length} layers, only ${maxCandidates} were looked at`,
              },
            ],
    }
  } catch (error) {
    signal?.throwIfAborted()
    const { reason, message } = toRejection(error, 'manifest-invalid')
    return { candidates: [], rejected: [{ store, manifest: digest, reason, message }] }
  }
}

import type { Descriptor, Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { legacyTag } from '../storage/legacy-tag.ts'
import { parseArtifactManifest } from '../storage/parse-artifact-manifest.ts'
import { wireFormat } from '../storage/wire-format.ts'
import { Rejection } from './rejection.ts'

/**
 * Lists the layers of the manifest under the `.sig` or `.att` tag of an image.
 *
 * @throws {Rejection} `manifest-invalid` when something else stands there.
 */
export async function listLegacy(
  repository: Repository,
  subject: Digest,
  store: 'legacy-signature' | 'legacy-attestation',
  signal: AbortSignal | undefined,
): Promise<{ readonly manifest: Digest; readonly layers: readonly Descriptor[] }> {
  const tag = legacyTag(subject, store === 'legacy-signature' ? 'sig' : 'att')
  const wanted = store === 'legacy-signature' ? wireFormat.simpleSigning : wireFormat.envelope
  const raw = await repository.findManifest(tag, { signal })
  if (raw === undefined) return { manifest: subject, layers: [] }
  const { digest } = raw.descriptor
  const manifest = parseArtifactManifest(raw)
  if (manifest === undefined) {
    throw new Rejection('manifest-invalid', `${tag} is not a valid manifest`, digest)
  }
  return { manifest: digest, layers: manifest.layers.filter(({ mediaType }) => mediaType === wanted) }
}

import { type Digest, isIndexMediaType, mediaTypes } from '@sallyport/core'
import type { ListedReferrer, Repository } from '@sallyport/oci'
import { parseArtifactManifest } from '../storage/parse-artifact-manifest.ts'
import { wireFormat } from '../storage/wire-format.ts'
import type { Candidate } from './candidate.ts'
import { Rejection } from './rejection.ts'

/** What a list may understate of a manifest: some clients write wrong sizes. */
const minManifestBytes = 64 * 1024

/**
 * What an entry of a list of referrers may carry. Fallback indexes written by older clients say "empty" or nothing
 * instead of the artifact type, so only a clearly different type is left out without a look at the manifest.
 */
export function mayCarryEvidence({ artifactType }: ListedReferrer): 'likely' | 'unclear' | undefined {
  if (!artifactType || artifactType === mediaTypes.ociEmpty) return 'unclear'
  return isEvidenceType(artifactType) ? 'likely' : undefined
}

function isBundleType(type: string): boolean {
  return type.startsWith(wireFormat.bundlePrefix)
}

function isEvidenceType(type: string): boolean {
  return isBundleType(type) || wireFormat.artifacts.some((artifact) => artifact === type)
}

/** A referrer's manifest and what it carries; nothing, when it is no evidence. */
export interface OpenedReferrer {
  readonly blobs: readonly Pick<Candidate, 'store' | 'blob'>[]
  /** Bytes that were read. */
  readonly bytes: number
  readonly annotations: Readonly<Record<string, string>> | undefined
}

/**
 * Reads a referrer: a Sigstore bundle, or one of cosign's experimental artifacts, whose layers are those of the `.sig`
 * and `.att` tags. Other kinds of referrers carry no candidates.
 *
 * @throws {Rejection} `subject-mismatch`, `manifest-invalid`, when it looks like evidence and is none.
 */
export async function openReferrer(
  repository: Repository,
  subject: Digest,
  entry: ListedReferrer,
  signal: AbortSignal,
): Promise<OpenedReferrer> {
  const { digest, size = 0 } = entry
  const raw = await repository.findManifest(digest, { maxBytes: Math.max(size, minManifestBytes), signal })
  if (raw === undefined) throw new Rejection('manifest-invalid', `${digest} is listed and not there`)
  const nothing = { blobs: [], bytes: raw.bytes.byteLength, annotations: undefined }
  const manifest = parseArtifactManifest(raw)
  if (manifest === undefined) {
    // A referrer may be an index of something else.
    if (isIndexMediaType(raw.descriptor.mediaType) && mayCarryEvidence(entry) === 'unclear') return nothing
    throw new Rejection('manifest-invalid', `${digest} is not a valid manifest`)
  }
  const { layers, config, annotations } = manifest
  const types = [manifest.artifactType, config.artifactType, config.mediaType, layers[0]?.mediaType]
  const isBundle = types.some((type) => type !== undefined && isBundleType(type))
  const signed = layers.flatMap((blob) => {
    const store = storeOf(blob.mediaType)
    return store === undefined ? [] : [{ store, blob }]
  })
  if (!isBundle && signed.length === 0) return nothing
  if (manifest.subject?.digest !== subject) {
    throw new Rejection('subject-mismatch', `${digest} refers to ${manifest.subject?.digest ?? 'nothing'}`)
  }
  if (!isBundle) return { ...nothing, blobs: signed, annotations }
  const [blob, ...others] = layers
  if (blob === undefined || others.length > 0 || !isBundleType(blob.mediaType)) {
    throw new Rejection('manifest-invalid', `${digest}: expected one layer with a bundle`)
  }
  return { ...nothing, blobs: [{ store: 'bundle', blob }], annotations }
}

function storeOf(mediaType: string): Candidate['store'] | undefined {
  if (mediaType === wireFormat.simpleSigning) return 'artifact-signature'
  return mediaType === wireFormat.envelope ? 'artifact-attestation' : undefined
}

import { type Digest, isDigest } from '@sallyport/core'

/** A tag that holds what belongs to a digest: the list of its referrers, or cosign's signatures, attestations, SBOM. */
export interface EvidenceTag {
  readonly subject: Digest
  readonly kind: 'referrers' | 'sig' | 'att' | 'sbom'
}

/** Reads a tag by the schemes of the OCI distribution specification ("Referrers Tag Schema") and of cosign. */
export function parseEvidenceTag(tag: string): EvidenceTag | undefined {
  const [, algorithm, hex, kind = 'referrers'] =
    /^(sha256|sha512)-([0-9a-f]{64,128})(?:\.(sig|att|sbom))?$/.exec(tag) ?? []
  const subject = `${algorithm}:${hex}`
  return algorithm !== undefined && isDigest(subject)
    ? { subject, kind: kind as EvidenceTag['kind'] }
    : undefined
}

import type { Digest } from '@sallyport/core'
import { fallbackTag } from '@sallyport/oci'

/** What a tag says that is made from a digest, by its name alone. */
export interface EvidenceTag {
  /** `list`: of referrers (OCI distribution specification, "Referrers Tag Schema"); `cosign`: cosign's evidence. */
  readonly kind: 'list' | 'cosign'
  /** Digest that the evidence is about; of a sha512 one often only its beginning. */
  readonly subject: string
}

const pattern = /^(?:(sha256)-([0-9a-f]{64})|(sha512)-((?:[0-9a-f]{64}){1,2}))(\.(?:sig|att|sbom))?$/

/** Reads a tag as one of evidence; `undefined` for any other. What stands there may be something else. */
export function parseEvidenceTag(tag: string): EvidenceTag | undefined {
  const parts = pattern.exec(tag)
  if (parts === null) return undefined
  return {
    kind: parts[5] === undefined ? 'list' : 'cosign',
    subject: `${parts[1] ?? parts[3]}:${parts[2] ?? parts[4]}`,
  }
}

/** Tags under which evidence about a digest may stand, sorted. */
export function evidenceTagsOf(digest: Digest): readonly string[] {
  const tag = fallbackTag(digest)
  return [tag, `${tag}.att`, `${tag}.sbom`, `${tag}.sig`]
}

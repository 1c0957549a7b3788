import { OciError } from '../errors.ts'
import { printable } from '../internal/printable.ts'

/**
 * The tag under which a registry without the referrers API keeps the list of a digest's referrers (OCI distribution
 * specification, "Referrers Tag Schema"): algorithm and encoded part cut to 32 and 64 characters.
 *
 * @throws {OciError} `REFERENCE_INVALID` when it is no digest.
 */
export function fallbackTag(digest: string): string {
  const [, algorithm, encoded] =
    /^([A-Za-z0-9]+(?:[.+_-][A-Za-z0-9]+)*):([A-Za-z0-9=_-]+)$/.exec(digest) ?? []
  if (algorithm === undefined || encoded === undefined) {
    throw new OciError('REFERENCE_INVALID', `not a digest: "${printable(digest, 100)}"`)
  }
  const tagPart = (text: string, length: number): string =>
    text.slice(0, length).replace(/[^A-Za-z0-9._-]/g, '-')
  return `${tagPart(algorithm, 32)}-${tagPart(encoded, 64)}`
}

/**
 * Whether a tag is made of a digest: there lists of referrers are kept, and with an extension (`.sig`, `.att`, `.sbom`)
 * what cosign attaches. No image belongs there.
 */
export function isEvidenceTag(tag: string): boolean {
  return /^sha(?:256|512)-[0-9a-f]{64}(?:[0-9a-f]{64})?(?:\.[0-9A-Za-z]+)?$/.test(tag)
}

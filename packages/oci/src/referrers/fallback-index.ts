import { type Descriptor, type Digest, isIndexMediaType, mediaTypes, type RawManifest } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { parseIndex } from '../manifest/parse-manifest.ts'
import { toRawManifest } from '../manifest/raw-manifest.ts'

/**
 * Checks that what stands at a fallback tag is a list of referrers. Some registries resolve the tag to the image
 * itself, and some tools put the image there; neither may be taken for a list, nor overwritten.
 */
export function isFallbackIndex(raw: RawManifest, subject: Digest): boolean {
  return isIndexMediaType(raw.descriptor.mediaType) && raw.descriptor.digest !== subject
}

/**
 * The fallback index with `referrer` in it, or `undefined` when it is there already. What else the index holds, known
 * or not, stays.
 *
 * @throws {OciError} `TAG_CONFLICT` when `current` is no list of referrers.
 */
export function addToFallbackIndex(
  current: RawManifest | undefined,
  subject: Digest,
  referrer: Descriptor,
): RawManifest | undefined {
  if (current === undefined) {
    return write({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [referrer] })
  }
  if (!isFallbackIndex(current, subject)) {
    throw new OciError(
      'TAG_CONFLICT',
      `the tag that should list the referrers of ${subject} holds ${current.descriptor.mediaType} ${current.descriptor.digest} instead; it is left alone`,
      { reference: subject },
    )
  }
  parseIndex(current)
  const fields = JSON.parse(new TextDecoder().decode(current.bytes)) as { manifests?: Descriptor[] | null }
  const entries = fields.manifests ?? []
  const own = entries.filter(({ digest }) => digest === referrer.digest)
  if (own.length === 1 && own[0] !== undefined && sameEntry(own[0], referrer)) return undefined
  return write({
    ...fields,
    manifests: [...entries.filter(({ digest }) => digest !== referrer.digest), referrer],
  })
}

/** Whether the index lists the digest. */
export function listsReferrer(raw: RawManifest | undefined, subject: Digest, referrer: Digest): boolean {
  if (raw === undefined || !isFallbackIndex(raw, subject)) return false
  return parseIndex(raw).manifests.some(({ digest }) => digest === referrer)
}

function sameEntry(a: Descriptor, b: Descriptor): boolean {
  const sorted = (map: Readonly<Record<string, string>> = {}): string =>
    JSON.stringify(Object.entries(map ?? {}).sort())
  return (
    a.mediaType === b.mediaType &&
    a.size === b.size &&
    a.artifactType === b.artifactType &&
    sorted(a.annotations) === sorted(b.annotations)
  )
}

function write(fields: object): RawManifest {
  return toRawManifest(new TextEncoder().encode(JSON.stringify(fields)))
}

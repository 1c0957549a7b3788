import {
  type Descriptor,
  type Digest,
  digestAlgorithm,
  digestOf,
  isIndexMediaType,
  mediaTypes,
  type RawManifest,
} from '@sallyport/core'
import { OciError } from '../errors.ts'
import { parseIndex } from '../manifest/parse-manifest.ts'
import { toRawManifest } from '../manifest/raw-manifest.ts'

/**
 * Checks that what stands at a fallback tag is a list of referrers. Some registries resolve the tag to the image
 * itself, and some tools put the image there; neither may be taken for a list, nor overwritten.
 *
 * @param children What the subject lists, when it is an index: an index that lists one of them is an image, too.
 */
export function isFallbackIndex(
  raw: RawManifest,
  subject: Digest,
  children: ReadonlySet<Digest> = new Set(),
): boolean {
  if (!isIndexMediaType(raw.descriptor.mediaType)) return false
  // By tag, a manifest is known by its sha256 digest, whatever algorithm its subject has.
  if (digestOf(raw.bytes, digestAlgorithm(subject)) === subject) return false
  return children.size === 0 || !parseIndex(raw).manifests.some(({ digest }) => children.has(digest))
}

/** Whether entries look like those of an image, so that the subject has to be asked for its children. */
export function resemblesImage(raw: RawManifest): boolean {
  if (!isIndexMediaType(raw.descriptor.mediaType)) return false
  return parseIndex(raw).manifests.some(
    ({ platform, artifactType }) => platform !== undefined || artifactType === undefined,
  )
}

/** An entry of a fallback index as it stands there, with fields that nobody here knows. */
export type FallbackEntry = Pick<Descriptor, 'digest'> & Readonly<Record<string, unknown>>

/** The entries of a fallback index, each digest once. */
export function fallbackEntries(raw: RawManifest | undefined): ReadonlyMap<Digest, FallbackEntry> {
  return new Map(raw === undefined ? [] : readFields(raw).manifests.map((entry) => [entry.digest, entry]))
}

/** What {@link editFallbackIndex} does to a list. */
export interface FallbackEdit {
  /** Entries that have to be there as they stand here. */
  readonly add: Iterable<Descriptor>
  /** Entries that have to be there, but may look different. */
  readonly restore?: Iterable<FallbackEntry> | undefined
  /** Entries that must not be there. */
  readonly remove: ReadonlySet<Digest>
}

/**
 * The fallback index after an edit, or `undefined` when it is as it should be already. What else the index holds, known
 * or not, stays. An index that has become empty stays too: to delete its tag is optional ("Deleting Manifests").
 *
 * @throws {OciError} `MANIFEST_INVALID` when `current` is malformed.
 */
export function editFallbackIndex(
  current: RawManifest | undefined,
  { add, restore = [], remove }: FallbackEdit,
): RawManifest | undefined {
  const fields =
    current === undefined
      ? { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] }
      : readFields(current)
  const entries = new Map<Digest, FallbackEntry>()
  for (const entry of fields.manifests) if (!remove.has(entry.digest)) entries.set(entry.digest, entry)
  let changed = entries.size !== fields.manifests.length
  for (const entry of restore) {
    if (entries.has(entry.digest) || remove.has(entry.digest)) continue
    entries.set(entry.digest, entry)
    changed = true
  }
  for (const entry of add) {
    if (sameEntry(entries.get(entry.digest) as Descriptor | undefined, entry)) continue
    entries.delete(entry.digest)
    entries.set(entry.digest, { ...entry })
    changed = true
  }
  if (!changed) return undefined
  return toRawManifest(
    new TextEncoder().encode(JSON.stringify({ ...fields, manifests: [...entries.values()] })),
  )
}

function readFields(raw: RawManifest): { readonly manifests: readonly FallbackEntry[] } {
  parseIndex(raw)
  const fields = JSON.parse(new TextDecoder().decode(raw.bytes)) as { manifests?: FallbackEntry[] | null }
  return { ...fields, manifests: fields.manifests ?? [] }
}

function sameEntry(a: Descriptor | undefined, b: Descriptor): boolean {
  const sorted = (map: Readonly<Record<string, string>> | null = {}): string =>
    JSON.stringify(Object.entries(map ?? {}).sort())
  return (
    a !== undefined &&
    a.mediaType === b.mediaType &&
    a.size === b.size &&
    (a.artifactType ?? '') === (b.artifactType ?? '') &&
    sorted(a.annotations) === sorted(b.annotations)
  )
}

/** The error for a fallback tag that holds something else than a list of referrers. */
export function foreignFallback(name: string, tag: string, current: RawManifest): OciError {
  const { mediaType, digest } = current.descriptor
  return new OciError(
    'TAG_CONFLICT',
    `${name}:${tag} should list referrers but holds ${mediaType} ${digest}; it is left alone. The referrer is stored but not listed: copy what stands there to another tag, delete this tag, and attach again`,
    { reference: `${name}:${tag}` },
  )
}

/** The error for a registry that takes the list of referrers and goes on to answer with the image. */
export function hiddenFallback(name: string, tag: string): OciError {
  return new OciError(
    'TAG_CONFLICT',
    `${name}:${tag} was written, but the registry answers with the image itself: it can't list referrers. The referrer is stored but not listed; keep the evidence under cosign's tags (${tag}.sig, .att) or in a registry with the referrers API`,
    { reference: `${name}:${tag}` },
  )
}

import type { Descriptor, Digest } from '@sallyport/core'
import * as z from 'zod'
import { descriptorSchema } from '../manifest/manifest.schema.ts'
import { OciError } from '../errors.ts'
import { isTag } from '../reference/parse-reference.ts'
import { fallbackTag } from '../referrers/fallback-tag.ts'

/** Annotation under which a layout's index keeps a tag (OCI image specification, annotations.md). */
export const refNameAnnotation = 'org.opencontainers.image.ref.name'

/** Annotation under which Docker and containerd keep an image's whole name in `index.json`. */
export const imageNameAnnotation = 'io.containerd.image.name'

/** An entry of `index.json`: read as a descriptor, kept with every field it has. */
export interface LayoutEntry {
  readonly descriptor: Descriptor
  readonly fields: Readonly<Record<string, unknown>>
}

/** What `index.json` holds. */
export interface LayoutIndex {
  readonly fields: Readonly<Record<string, unknown>>
  readonly entries: readonly LayoutEntry[]
}

const indexSchema = z.looseObject({
  schemaVersion: z.literal(2),
  manifests: z.array(z.record(z.string(), z.unknown())).max(10_000),
})

/** Reads the text of `index.json`; throws what `fail` makes when it is malformed. */
export function parseLayoutIndex(
  text: string,
  fail: (reason: string, cause?: unknown) => OciError,
): LayoutIndex {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw fail('index.json is not JSON', cause)
  }
  const parsed = indexSchema.safeParse(value)
  if (!parsed.success) throw fail(`index.json: ${parsed.error.issues[0]?.message}`)
  const { manifests, ...fields } = parsed.data
  const entries = manifests.map((entry, at) => {
    const descriptor = descriptorSchema.safeParse(entry)
    if (!descriptor.success) {
      throw fail(`index.json: entry ${at}: ${descriptor.error.issues[0]?.message}`)
    }
    return { descriptor: descriptor.data, fields: entry }
  })
  return { fields, entries }
}

/** Writes `index.json`. */
export function formatLayoutIndex({ fields, entries }: LayoutIndex): string {
  return JSON.stringify({ ...fields, manifests: entries.map((entry) => entry.fields) })
}

/** The tag of an entry. */
export function tagOf({ descriptor }: LayoutEntry): string | undefined {
  return descriptor.annotations?.[refNameAnnotation]
}

/**
 * The entry under a tag.
 *
 * @throws {OciError} `LAYOUT_INVALID` when two entries with different digests claim it.
 */
export function findTag(index: LayoutIndex, tag: string, directory: string): Descriptor | undefined {
  const found = index.entries.filter((entry) => tagOf(entry) === tag).map(({ descriptor }) => descriptor)
  if (found.length === 0) return impliedTags(index).get(tag)
  if (found.some(({ digest }) => digest !== found[0]?.digest)) {
    throw new OciError(
      'LAYOUT_INVALID',
      `${directory}: index.json has several manifests under the tag ${tag}`,
      {
        reference: directory,
      },
    )
  }
  return found[0]
}

/**
 * `cosign save` names no tags: it says by `kind` which entry is the image and which are its signatures and attestations.
 * At a registry these have tags made from the image's digest, and so they have here, if there is just one image.
 */
function impliedTags({ entries }: LayoutIndex): ReadonlyMap<string, Descriptor> {
  const kindOf = ({ descriptor }: LayoutEntry): string | undefined => descriptor.annotations?.['kind']
  const images = entries.filter((entry) =>
    /^dev\.cosignproject\.cosign\/image(?:Index)?$/.test(kindOf(entry) ?? ''),
  )
  const [image] = images
  const implied = new Map<string, Descriptor>()
  if (image === undefined || images.length > 1) return implied
  for (const [kind, suffix] of [
    ['sigs', 'sig'],
    ['atts', 'att'],
  ] as const) {
    const own = entries.filter((entry) => kindOf(entry) === `dev.cosignproject.cosign/${kind}`)
    if (own.length === 1 && own[0] !== undefined && tagOf(own[0]) === undefined) {
      implied.set(`${fallbackTag(image.descriptor.digest)}.${suffix}`, own[0].descriptor)
    }
  }
  return implied
}

/** The tags of the index, each once. Names that are no tags (whole references, as some tools write) are left out. */
export function tagsOf(index: LayoutIndex): ReadonlySet<string> {
  const written = index.entries.map(tagOf).filter((tag) => tag !== undefined && isTag(tag))
  return new Set([...(written as string[]), ...impliedTags(index).keys()])
}

/** Takes a tag away; what it pointed to stays as an untagged entry. Without such a tag the index stays the same. */
export function removeTag(index: LayoutIndex, tag: string): LayoutIndex {
  if (!index.entries.some((entry) => tagOf(entry) === tag)) return index
  return {
    ...index,
    entries: dedupe(index.entries.map((entry) => (tagOf(entry) === tag ? withoutTag(entry) : entry))),
  }
}

/** Takes a manifest away, with its tags. */
export function removeEntries(index: LayoutIndex, digest: Digest): LayoutIndex {
  return { ...index, entries: index.entries.filter((entry) => entry.descriptor.digest !== digest) }
}

/**
 * Adds a manifest to the index. Under a tag, it replaces what the tag pointed to, which stays as an untagged entry.
 * Entries that `children` (of an index that is added) reach are no longer listed by themselves, unless tagged.
 */
export function addEntry(
  index: LayoutIndex,
  descriptor: Descriptor,
  tag: string | undefined,
  children: ReadonlySet<Digest>,
): LayoutIndex {
  const kept = index.entries
    .map((entry) => (tag !== undefined && tagOf(entry) === tag ? withoutTag(entry) : entry))
    .filter((entry) => tagOf(entry) !== undefined || !isReached(entry))
  const already = kept.some((entry) => entry.descriptor.digest === descriptor.digest)
  if (tag === undefined && already) return { ...index, entries: kept }
  const annotations = {
    ...descriptor.annotations,
    ...(tag === undefined ? {} : { [refNameAnnotation]: tag }),
  }
  const fields = { ...descriptor, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) }
  const others = kept.filter(
    (entry) => tagOf(entry) !== undefined || entry.descriptor.digest !== descriptor.digest,
  )
  return { ...index, entries: dedupe([...others, { descriptor: fields, fields: { ...fields } }]) }

  function isReached(entry: LayoutEntry): boolean {
    return children.has(entry.descriptor.digest)
  }
}

function withoutTag({ descriptor, fields }: LayoutEntry): LayoutEntry {
  const { [refNameAnnotation]: _, ...annotations } = descriptor.annotations ?? {}
  return { descriptor: { ...descriptor, annotations }, fields: { ...fields, annotations } }
}

function dedupe(entries: readonly LayoutEntry[]): readonly LayoutEntry[] {
  const tagged = new Set(
    entries.filter((entry) => tagOf(entry) !== undefined).map((entry) => entry.descriptor.digest),
  )
  const seen = new Set<string>()
  return entries.filter((entry) => {
    const { digest } = entry.descriptor
    const key = `${tagOf(entry) ?? ''} ${digest}`
    if (seen.has(key) || (tagOf(entry) === undefined && tagged.has(digest))) return false
    seen.add(key)
    return true
  })
}

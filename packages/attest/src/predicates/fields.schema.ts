import { z } from 'zod'
import { isTimestamp } from '../internal/is-timestamp.ts'

/** A field that must say something. */
export const text = z.string().min(1, 'must not be empty')

/** An optional field; in-toto treats `null` as absent (spec/v1/README.md, "Parsing rules"). */
export function optional<Field extends z.ZodType>(field: Field) {
  return field
    .nullish()
    .transform((value) => value ?? undefined)
    .optional()
}

/** RFC 3339 with a time zone; any number of fractional digits. The text is kept as it is. */
export const timestamp = z.string().refine(isTimestamp, 'not a time in RFC 3339')

/** Digests by algorithm (in-toto DigestSet). Algorithms and encodings are open, so only text is asked for. */
export const digestSet = z.record(z.string().min(1), z.string().min(1))

/** An artifact, document or source that a predicate refers to (in-toto ResourceDescriptor). */
export interface ResourceDescriptor {
  /** Its name, for people. */
  readonly name?: string | undefined
  /** Names it everywhere. */
  readonly uri?: string | undefined
  /** Digests by algorithm. */
  readonly digest?: Readonly<Record<string, string>> | undefined
  /** base64 */
  readonly content?: string | undefined
  /** URI where it can be fetched. */
  readonly downloadLocation?: string | undefined
  /** Media type of its content. */
  readonly mediaType?: string | undefined
  /** Further notes. */
  readonly annotations?: Readonly<Record<string, unknown>> | undefined
}

/** Schema of a {@link ResourceDescriptor}. */
export const resourceDescriptor = z.looseObject({
  name: optional(z.string()),
  uri: optional(z.string()),
  digest: optional(digestSet),
  content: optional(z.string()),
  downloadLocation: optional(z.string()),
  mediaType: optional(z.string()),
  annotations: optional(z.record(z.string(), z.unknown())),
})

/** Free JSON by name. */
export const anyRecord = z.record(z.string(), z.unknown())

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

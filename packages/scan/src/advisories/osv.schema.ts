import { z } from 'zod'

/** Caps against hostile or broken records. */
const maxAffected = 20_000
const maxVersions = 100_000
const maxEvents = 20_000

const id = z.string().min(1).max(256)
const version = z.string().min(1).max(1024)
const time = z.iso.datetime({ offset: true })

const severity = z.object({ type: z.string().max(64), score: z.string().max(1024) })

/** An object with exactly one key in practice; several in one object would be ambiguous, so they are refused. */
const event = z
  .object({
    introduced: version.optional(),
    fixed: version.optional(),
    last_affected: version.optional(),
    limit: version.optional(),
  })
  .refine((value) => Object.values(value).filter((entry) => entry !== undefined).length === 1, {
    message: 'an event needs exactly one of introduced, fixed, last_affected and limit',
  })

const range = z.object({ type: z.string().max(64), events: z.array(event).min(1).max(maxEvents) })

const free = z.record(z.string(), z.unknown()).nullish()

const affected = z.object({
  package: z.object({ ecosystem: z.string().min(1).max(256), name: z.string().min(1).max(1024) }).nullish(),
  ranges: z.array(range).max(maxAffected).nullish(),
  versions: z.array(version).max(maxVersions).nullish(),
  severity: z.array(severity).max(64).nullish(),
  ecosystem_specific: free,
  database_specific: free,
})

/**
 * An OSV record (schema 1.x), as far as matching needs it. Unknown fields are dropped, as the schema asks readers to
 * do; `details` is dropped too.
 */
export const osvRecordSchema = z.object({
  schema_version: z.string().max(64).optional(),
  id,
  modified: time.optional(),
  published: time.nullish(),
  withdrawn: time.nullish(),
  aliases: z.array(id).max(1000).nullish(),
  upstream: z.array(id).max(10_000).nullish(),
  summary: z.string().max(10_000).nullish(),
  severity: z.array(severity).max(64).nullish(),
  affected: z.array(affected).max(maxAffected).nullish(),
  references: z
    .array(z.object({ type: z.string().max(64), url: z.string().max(8192) }))
    .max(10_000)
    .nullish(),
  database_specific: free,
})

/** One advisory in the Open Source Vulnerability format. */
export type OsvRecord = z.infer<typeof osvRecordSchema>

/** What a record says of one package. */
export type OsvAffected = NonNullable<OsvRecord['affected']>[number]

/** A span of versions, written as events. */
export type OsvRange = NonNullable<OsvAffected['ranges']>[number]

import { z } from 'zod'
import { type OsvRecord, osvRecordSchema } from '../advisories/osv.schema.ts'
import type { EpssScore, KevEntry } from '../finding.ts'
import type { AliasValue } from './alias-groups.ts'
import type { DecodeValue } from './table-reader.ts'

/*
 * Values of the tables, all of them JSON. Checksums tell of damage; the checks here are for a file that somebody wrote
 * to do harm.
 */

const pairs = z.array(z.int().min(0).max(0xffffffff)).min(2)
const alias = z.union([z.string().min(1), z.array(z.string().min(1)).min(2)])
const kev = z.object({
  dateAdded: z.iso.date(),
  dueDate: z.iso.date().optional(),
  ransomware: z.boolean().optional(),
})
const score = z.tuple([z.number().min(0).max(1), z.number().min(0).max(1)])
const amount = z.int().min(1)

function decoder<T>(what: string, schema: z.ZodType<T>): DecodeValue<T> {
  return (bytes, invalid) => {
    let value: unknown
    try {
      value = JSON.parse(bytes.toString('utf8'))
    } catch {
      throw invalid(`${what} that is no JSON`)
    }
    const result = schema.safeParse(value)
    if (!result.success) throw invalid(`${what} that is none: ${z.prettifyError(result.error).slice(0, 200)}`)
    return result.data
  }
}

export const decodeRecord: DecodeValue<OsvRecord> = decoder('a record', osvRecordSchema)
export const decodeAlias: DecodeValue<AliasValue> = decoder('an alias', alias)
export const decodeAmount: DecodeValue<number> = decoder('a count', amount)

/** Pairs of ordinal and position within `affected`; ordinals are stored as differences. */
export const decodePairs: DecodeValue<readonly number[]> = (bytes, invalid) => {
  const steps = decodeSteps(bytes, invalid)
  if (steps.length % 2 === 1) throw invalid('a list of records with half a pair')
  for (let index = 2; index < steps.length; index += 2) {
    steps[index] = (steps[index] ?? 0) + (steps[index - 2] ?? 0)
  }
  return steps
}

const decodeSteps = decoder('a list of records', pairs)

export const decodeKev: DecodeValue<KevEntry> = decoder('an entry of the KEV catalogue', kev)

/** Scores, whose day is the same for all. */
export function decodeScoreOf(date: string): DecodeValue<EpssScore> {
  const decode = decoder('a score', score)
  return (bytes, invalid) => {
    const [probability, percentile] = decode(bytes, invalid)
    return { probability, percentile, date }
  }
}

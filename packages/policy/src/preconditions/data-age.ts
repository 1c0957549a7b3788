import type { ScanReport } from '@sallyport/scan'
import * as z from 'zod'
import { parseSourceDate } from '../parse-instant.ts'
import { durationSchema } from '../document/rule-settings.schema.ts'
import type { RuleKind } from '../rules/rule-kind.ts'
import { toResult } from './to-result.ts'

/** How far the clock of who made the data may be ahead of ours. */
const clockSkewMs = 3_600_000

/** How old the data of scanners may be, in milliseconds. */
export interface DataAgeRule {
  readonly atMost: number
  /** From when on it is noted that they become old. */
  readonly warnAfter: number
}

/** Every scanner says of when its data are, and they are not older than 5 days; from 3 days on it is noted. */
export const dataAgeKind: RuleKind<DataAgeRule> = {
  schema: z.strictObject({
    atMost: durationSchema.prefault('5d'),
    warnAfter: durationSchema.prefault('3d'),
  }),
  loosened: (parent, child) =>
    child.atMost > parent.atMost ? [{ path: ['atMost'], was: inHours(parent.atMost) }] : [],
  evaluate({ atMost, warnAfter }, { facts, now }) {
    const stale: string[] = []
    const notes: { code: string; message: string }[] = []
    for (const { who, updatedAt } of facts.scan.reports.flatMap(datesOf)) {
      const age = updatedAt === undefined ? Number.NaN : now.getTime() - parseSourceDate(updatedAt)
      const is = `${who} is of ${updatedAt}`
      if (Number.isNaN(age)) stale.push(`${who} does not say when it was made`)
      else if (age < -clockSkewMs) stale.push(`${is}, which is still to come`)
      else if (age > atMost) stale.push(`${is}, older than ${inHours(atMost)}`)
      else if (age > warnAfter) {
        notes.push({ code: 'data-aging', message: `${is}; at ${inHours(atMost)} it is too old` })
      }
    }
    const result = toResult(stale, {
      code: 'data-stale',
      holds: `no data is older than ${inHours(atMost)}`,
      remedy: 'update the vulnerability data',
    })
    return notes.length === 0 ? result : { ...result, notes }
  },
}

/** The data of a report. One that failed judged nothing, which is told elsewhere. */
function datesOf({
  scanner,
  status,
  data,
}: ScanReport): readonly { who: string; updatedAt?: string | undefined }[] {
  if (status === 'failed') return []
  if (data.length === 0) return [{ who: `the data of ${scanner.name}` }]
  return data.map(({ name, updatedAt }) => ({ who: `${scanner.name}: ${name}`, updatedAt }))
}

const inHours = (milliseconds: number): string => `${Math.round(milliseconds / 3_600_000)} h`

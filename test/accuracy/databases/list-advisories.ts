import type { OsvRecord } from '@sallyport/scan'
import { toIntervals, type VersionInterval } from './version-intervals.ts'

/** What databases of other makes hold: one vulnerability of one package. */
export interface Advisory {
  /** The CVE where the record has one, else the record's id. */
  readonly vulnerability: string
  readonly record: OsvRecord
  readonly ecosystem: string
  readonly name: string
  readonly intervals: readonly VersionInterval[]
}

/**
 * Records taken apart by package and CVE; several of the same vulnerability and package become one with all their
 * intervals, since those databases have one place for them. Withdrawn records are left out.
 */
export function listAdvisories(records: readonly OsvRecord[]): readonly Advisory[] {
  const advisories = new Map<string, Advisory>()
  for (const record of records) {
    if (record.withdrawn != null) continue
    for (const affected of record.affected ?? []) {
      const intervals = toIntervals(affected)
      if (affected.package == null || intervals.length === 0) continue
      const { ecosystem, name } = affected.package
      for (const vulnerability of vulnerabilitiesOf(record)) {
        const key = JSON.stringify([ecosystem, name, vulnerability])
        const known = advisories.get(key)
        advisories.set(
          key,
          known === undefined
            ? { vulnerability, record, ecosystem, name, intervals }
            : { ...known, intervals: [...known.intervals, ...intervals] },
        )
      }
    }
  }
  return [...advisories.values()]
}

function vulnerabilitiesOf({ id, aliases, upstream }: OsvRecord): readonly string[] {
  const cves = [...(aliases ?? []), ...(upstream ?? [])].filter((alias) => alias.startsWith('CVE-'))
  return cves.length === 0 ? [id] : [...new Set(cves)]
}

/** `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, or `UNKNOWN`. */
export function severityOf({ database_specific: fields }: OsvRecord): string {
  const word = String(fields?.['severity'] ?? '').toUpperCase()
  if (word === 'MODERATE') return 'MEDIUM'
  return ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'].includes(word) ? word : 'UNKNOWN'
}

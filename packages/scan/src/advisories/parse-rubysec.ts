import { z } from 'zod'
import { ScanError } from '../errors.ts'
import { withExtension } from './advisory-extension.ts'
import type { OsvRecord } from './osv.schema.ts'
import { complementOf, spanOf, toRanges, type VersionSpan } from './version-spans.ts'

const text = z.string().max(100_000)
const requirements = z.array(z.string().max(2048)).max(1000).nullish()

const schema = z.object({
  gem: text.min(1),
  cve: text.nullish(),
  ghsa: text.nullish(),
  osvdb: z.union([text, z.number()]).nullish(),
  title: text.nullish(),
  url: text.nullish(),
  date: text.nullish(),
  unaffected_versions: requirements,
  patched_versions: requirements,
})

/**
 * Turns a record of rubysec/ruby-advisory-db, parsed from its YAML or JSON, into an OSV record: affected is what neither
 * `patched_versions` nor `unaffected_versions` allow.
 *
 * @throws {ScanError} `ADVISORIES_INVALID` naming `source` and what is wrong; also for a requirement that cannot be read.
 */
export function parseRubysec(value: unknown, source: string): OsvRecord {
  const result = schema.safeParse(value)
  if (!result.success) {
    const problem = z.prettifyError(result.error).split('\n').slice(0, 3).join(' ').slice(0, 300)
    throw new ScanError('ADVISORIES_INVALID', `${source}: ${problem}`)
  }
  const { gem, cve, ghsa, osvdb, title, url, date, unaffected_versions, patched_versions } = result.data
  const safe = [...(patched_versions ?? []), ...(unaffected_versions ?? [])].map((requirement) =>
    spanOfRequirement(requirement, source),
  )
  const affected = complementOf('gem', safe)
  if (affected === undefined)
    throw new ScanError('ADVISORIES_INVALID', `${source}: versions without an order`)
  const ids = [
    ...(cve == null ? [] : [`CVE-${cve}`]),
    ...(ghsa == null ? [] : [`GHSA-${ghsa}`]),
    ...(osvdb == null ? [] : [`OSVDB-${osvdb}`]),
  ]
  const [id = ids[0]] = ids.filter((each) => each.startsWith('GHSA-'))
  if (id === undefined)
    throw new ScanError('ADVISORIES_INVALID', `${source}: names neither CVE, GHSA nor OSVDB`)
  const { ranges, except } = toRanges('gem', affected)
  const published = /^\d{4}-\d{2}-\d{2}$/.test(date ?? '') ? `${date}T00:00:00Z` : undefined
  return {
    id,
    aliases: ids.filter((each) => each !== id),
    ...(published === undefined ? {} : { published }),
    ...(title == null ? {} : { summary: title.slice(0, 10_000) }),
    ...(url == null ? {} : { references: [{ type: 'WEB', url: url.slice(0, 8192) }] }),
    affected: [
      {
        package: { ecosystem: 'RubyGems', name: gem },
        ranges: [...ranges],
        ...(except.length === 0 ? {} : { ecosystem_specific: withExtension({ except }) }),
      },
    ],
  }
}

/** Reads a requirement of RubyGems: comma-separated constraints, `~> 2.1.3` among them. */
function spanOfRequirement(requirement: string, source: string): VersionSpan {
  const constraints = requirement.split(',').flatMap((each) => {
    const pessimistic = /^~>\s*(\S+)$/.exec(each.trim())?.[1]
    return pessimistic === undefined ? [each] : [`>= ${pessimistic}`, `< ${nextOf(pessimistic)}`]
  })
  const span = spanOf('gem', constraints)
  if (span !== undefined) return span
  throw new ScanError(
    'ADVISORIES_INVALID',
    `${source}: not a requirement: ${JSON.stringify(requirement.slice(0, 80))}`,
  )
}

/** `2.1.3` → `2.2.a`: before the next version of the place left of the last, and before its prereleases. */
function nextOf(version: string): string {
  const numbers = /^\d+(?:\.\d+)*/.exec(version)?.[0].split('.') ?? []
  const kept = numbers.length > 1 ? numbers.slice(0, -1) : numbers
  const last = kept.at(-1) ?? '0'
  return [...kept.slice(0, -1), String(BigInt(last) + 1n), 'a'].join('.')
}

import type { Package } from '@sallyport/inventory'
import { compareIds, isBundle, isCve } from '../advisories/advisory-ids.ts'
import type { AdvisoryEntry, AdvisoryIndex } from '../advisories/advisory-index.ts'
import type { Evaluation } from '../advisories/evaluate-affected.ts'
import type { Finding, FixState } from '../finding.ts'
import { chooseSeverity } from '../severity/choose-severity.ts'
import { rateAdvisory } from '../severity/rate-advisory.ts'

type Affected = Extract<Evaluation, { status: 'affected' }>

/** States in which a distribution says that it will not fix a package of this release. */
const givenUp = new Set(['ignored', 'end-of-life', 'wont-fix', "won't fix", 'wontfix'])
const stateFields = ['urgency', 'status', 'state', 'nodsa_reason', 'resolution']

/**
 * Turns one matching advisory into findings: one, or one for each CVE of an advisory that bundles several, so that
 * each meets its own record of other databases.
 */
export function toFindings(
  pkg: Package,
  entry: AdvisoryEntry,
  evaluation: Affected,
  index: AdvisoryIndex,
  scanner: string,
): readonly Finding[] {
  const { record } = entry
  const ratings = rateAdvisory(entry)
  const base = {
    package: {
      purl: pkg.purl,
      type: pkg.type,
      name: pkg.name,
      version: pkg.version,
      sourceName: pkg.source?.name,
      sourceVersion: pkg.source?.version,
    },
    severity: chooseSeverity(pkg.purl, ratings),
    ratings,
    fix: {
      state: fixState(entry, evaluation),
      versions: evaluation.fixedIn === undefined ? [] : [evaluation.fixedIn],
    },
    title: record.summary?.slice(0, 500) ?? undefined,
    url: urlOf(record.references ?? []),
    published: record.published ?? undefined,
    scanners: [scanner],
  }
  return vulnerabilitiesOf(entry, index).map((ids) => {
    const [id = record.id, ...aliases] = [...ids]
      .filter((each) => each === record.id || !isBundle(each))
      .sort(compareIds)
    return { id, aliases, ...base }
  })
}

/** The ids of each vulnerability that the advisory is about. */
function vulnerabilitiesOf({ record }: AdvisoryEntry, index: AdvisoryIndex): readonly (readonly string[])[] {
  if (!isBundle(record.id)) return [index.aliasesOf(record.id)]
  const cves = [...new Set([...(record.upstream ?? []), ...(record.aliases ?? [])])].filter(isCve)
  return cves.length === 0 ? [[record.id]] : cves.map((cve) => index.aliasesOf(cve))
}

function fixState({ affected }: AdvisoryEntry, { fixedIn, lastAffected }: Affected): FixState {
  if (fixedIn !== undefined) return 'fixed'
  const fields = [affected.ecosystem_specific, affected.database_specific]
  const hopeless = fields.some((object) =>
    stateFields.some((name) => {
      const value = object?.[name]
      return typeof value === 'string' && givenUp.has(value.toLowerCase())
    }),
  )
  if (hopeless) return 'wont-fix'
  // later versions are not affected, but no record says which version brought the fix
  return lastAffected === undefined ? 'not-fixed' : 'unknown'
}

function urlOf(references: readonly { readonly type: string; readonly url: string }[]): string | undefined {
  const web = references.filter(({ url }) => /^https?:\/\//.test(url))
  return (web.find(({ type }) => type === 'ADVISORY') ?? web[0])?.url
}

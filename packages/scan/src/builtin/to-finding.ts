import type { Package } from '@sallyport/inventory'
import { compareIds, isBundle, isCve } from '../advisories/advisory-ids.ts'
import type { AdvisoryEntry, AdvisoryIndex } from '../advisories/advisory-index.ts'
import { extensionOf } from '../advisories/advisory-extension.ts'
import type { Finding, FixState } from '../finding.ts'
import { chooseSeverity } from '../severity/choose-severity.ts'
import { rateAdvisory } from '../severity/rate-advisory.ts'
import type { Hit } from './judge-package.ts'

/** What a distribution means to do about a package of this release, by the words that databases use. */
const states: Readonly<Record<string, FixState>> = {
  ignored: 'wont-fix',
  'wont-fix': 'wont-fix',
  "won't fix": 'wont-fix',
  wontfix: 'wont-fix',
  postponed: 'deferred',
  deferred: 'deferred',
  'end-of-life': 'end-of-life',
}
const stateFields = ['urgency', 'status', 'state', 'nodsa_reason', 'resolution']

/**
 * Turns one matching advisory into findings: one, or one for each CVE of an advisory that bundles several, so that
 * each meets its own record of other databases.
 */
export function toFindings(
  pkg: Package,
  hit: Hit,
  index: AdvisoryIndex,
  scanner: string,
): readonly Finding[] {
  const { entry } = hit
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
      layer: pkg.evidence.diffId,
      path: pkg.evidence.path,
    },
    severity: chooseSeverity(pkg.purl, ratings),
    ratings,
    fix: fixOf(hit),
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

/** State and version of the fix for this release, as far as it can be installed. */
function fixOf({ entry: { affected }, evaluation, fixNeedsSubscription }: Hit): Finding['fix'] {
  const { fixState: stated } = extensionOf(affected)
  // a version that another release or only subscribers get is no fix here
  if (stated !== undefined) return { state: stated, versions: [] }
  if (fixNeedsSubscription) return { state: 'not-fixed', versions: [] }
  const { fixedIn, lastAffected } = evaluation
  if (fixedIn !== undefined) return { state: 'fixed', versions: [fixedIn] }
  for (const fields of [affected.ecosystem_specific, affected.database_specific]) {
    for (const name of stateFields) {
      const word = fields?.[name]
      const key = typeof word === 'string' ? word.toLowerCase() : ''
      if (Object.hasOwn(states, key)) return { state: states[key] ?? 'unknown', versions: [] }
    }
  }
  // later versions are not affected, but no record says which version brought the fix
  return { state: lastAffected === undefined ? 'not-fixed' : 'unknown', versions: [] }
}

function urlOf(references: readonly { readonly type: string; readonly url: string }[]): string | undefined {
  const web = references.filter(({ url }) => /^https?:\/\//.test(url))
  return (web.find(({ type }) => type === 'ADVISORY') ?? web[0])?.url
}

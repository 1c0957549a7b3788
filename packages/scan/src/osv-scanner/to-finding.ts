import { compareIds, isBundle, isCve } from '../advisories/advisory-ids.ts'
import type { AdvisoryEntry } from '../advisories/advisory-index.ts'
import { evaluateAffected } from '../advisories/evaluate-affected.ts'
import type { Finding, FindingPackage } from '../finding.ts'
import { chooseSeverity } from '../severity/choose-severity.ts'
import { rateAdvisory } from '../severity/rate-advisory.ts'
import type { PackageType } from '@sallyport/inventory'
import type { ScannedPackage } from './osv-scanner.schema.ts'
import { baseEcosystem } from './ecosystems.ts'

/**
 * Turns what was found of a package into findings: one a group of records that name the same vulnerability, or a record
 * of no group, or one a CVE of an advisory that bundles several.
 */
export function toFindings(
  { package: scanned, groups, vulnerabilities }: ScannedPackage,
  pkg: FindingPackage,
  scanner: string,
): readonly Finding[] {
  const grouped = new Set((groups ?? []).flatMap(({ ids }) => ids))
  const alone = (vulnerabilities ?? [])
    .filter(({ id }) => !grouped.has(id))
    .map(({ id, aliases }) => ({ ids: [id], aliases }))
  return [...(groups ?? []), ...alone].flatMap(({ ids, aliases }) => {
    const records = (vulnerabilities ?? []).filter(({ id }) => ids.includes(id))
    const entries = records.flatMap((record) =>
      (record.affected ?? [])
        .filter(
          ({ package: own }) =>
            own != null &&
            own.name === scanned.name &&
            (own.ecosystem === scanned.ecosystem || own.ecosystem === baseEcosystem(scanned.ecosystem)),
        )
        .map((affected): AdvisoryEntry => ({ record, affected })),
    )
    const ratings = entries.flatMap((entry) => rateAdvisory(entry))
    const base = {
      package: pkg,
      severity: chooseSeverity(pkg.purl, ratings),
      ratings,
      fix: fixOf(entries, pkg),
      title: records.find(({ summary }) => summary != null)?.summary?.slice(0, 500),
      published: records.find(({ published }) => published != null)?.published ?? undefined,
      scanners: [scanner],
    }
    return vulnerabilitiesOf([...ids, ...(aliases ?? [])]).map(([id = '', ...others]) => ({
      id,
      aliases: others,
      ...base,
    }))
  })
}

function vulnerabilitiesOf(names: readonly string[]): readonly (readonly string[])[] {
  const ids = [...new Set(names)].sort(compareIds)
  if (!names.some(isBundle)) return [ids]
  const cves = ids.filter(isCve)
  return cves.length === 0 ? [ids] : cves.map((cve) => [cve])
}

function fixOf(entries: readonly AdvisoryEntry[], pkg: FindingPackage): Finding['fix'] {
  const version = pkg.sourceVersion ?? pkg.version
  const versions = new Set<string>()
  let isOpen = false
  for (const { affected } of entries) {
    const evaluation = evaluateAffected(pkg.type as PackageType, version, affected)
    if (evaluation.status !== 'affected') continue
    if (evaluation.fixedIn !== undefined) versions.add(evaluation.fixedIn)
    else if (evaluation.lastAffected === undefined) isOpen = true
  }
  if (versions.size > 0) return { state: 'fixed', versions: [...versions] }
  return { state: isOpen ? 'not-fixed' : 'unknown', versions: [] }
}

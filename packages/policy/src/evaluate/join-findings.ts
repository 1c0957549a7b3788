import type { PackageUsage, Usage } from '@sallyport/harden'
import type { Finding } from '@sallyport/scan'
import type { PolicyFacts } from '../facts.ts'
import type { JudgedFinding } from '../judged-finding.ts'
import { indexFirstSeen } from './first-seen.ts'
import { isInForce } from '../suppression.ts'
import { compareText } from '../compare-text.ts'
import type { WaiverBook } from '../waivers/open-waivers.ts'

const strength: readonly Usage[] = ['executed', 'loaded', 'linked', 'possible', 'present']
/** A word that is not known is as good as no analysis. */
const strengthOf = (usage: Usage): number => strength.indexOf(strength.includes(usage) ? usage : 'possible')

/**
 * Joins each finding with the usage of its package, the dates from which grace may be counted, and the waivers. Sorted by
 * package and id, whatever the order of the facts.
 */
export function joinFindings(
  { scan, usage, firstSeen }: PolicyFacts,
  waivers: Pick<WaiverBook, 'match'>,
  now: Date,
): readonly JudgedFinding[] {
  const usageByPurl = strongestUsage(usage)
  const seenAt = indexFirstSeen(firstSeen)
  return inOrder(scan.findings).map((finding) => {
    const used = usageByPurl.get(finding.package.purl)
    const { waivedBy, nearMiss } = waivers.match(finding)
    const { suppressed } = finding
    const expired = suppressed && !isInForce(suppressed, now) ? suppressed : undefined
    return {
      id: finding.id,
      aliases: finding.aliases,
      purl: finding.package.purl,
      package: finding.package.name,
      version: finding.package.version,
      severity: finding.severity,
      fix: finding.fix,
      kev: finding.kev,
      epss: finding.epss,
      since: {
        disclosure: finding.published,
        fix: finding.fix.availableAt,
        firstSeen: seenAt(finding),
      },
      // not analysed is not the same as not used
      usage: used?.usage ?? 'possible',
      ...(!used && usage.length > 0 && { isAnalysed: false }),
      file: used?.file,
      chain: used?.chain ?? [],
      keptBy: used?.keptBy?.detail,
      waivedBy,
      suppressed: expired ? undefined : suppressed,
      note: finding.note,
      nearMiss: nearMiss ?? (expired && { waiver: expired.source, why: `it expired at ${expired.expires}` }),
    }
  })
}

/** A package may be installed in several places; a finding counts as used as it is where it is used most. */
function strongestUsage(usage: readonly PackageUsage[]): ReadonlyMap<string, PackageUsage> {
  const byPurl = new Map<string, PackageUsage>()
  for (const entry of usage) {
    const known = byPurl.get(entry.purl)
    if (!known || isStronger(entry, known)) byPurl.set(entry.purl, entry)
  }
  return byPurl
}

function isStronger(one: PackageUsage, other: PackageUsage): boolean {
  const order = strengthOf(one.usage) - strengthOf(other.usage)
  return order === 0 ? JSON.stringify(one) < JSON.stringify(other) : order < 0
}

function inOrder(findings: readonly Finding[]): readonly Finding[] {
  const isSorted = findings.every((finding, at) => at === 0 || compare(findings[at - 1]!, finding) < 0)
  return isSorted
    ? findings
    : findings.toSorted((one, other) => compare(one, other) || compareContent(one, other))
}

function compare(one: Finding, other: Finding): number {
  return compareText(one.package.purl, other.package.purl) || compareText(one.id, other.id)
}

function compareContent(one: Finding, other: Finding): number {
  return compareText(JSON.stringify(one), JSON.stringify(other))
}

import { compareText } from '../compare-text.ts'
import type { JudgedFinding } from '../judged-finding.ts'

/** The findings of one installed package. */
export interface PackageFindings {
  readonly purl: string
  readonly package: string
  readonly version: string
  /** The worst first, then by id. */
  readonly findings: readonly JudgedFinding[]
  /** How the package is used, with the chain that shows it. */
  readonly used: Pick<JudgedFinding, 'usage' | 'file' | 'chain' | 'keptBy'>
}

/** The worst first; what nobody rated comes after `high`. */
export const severities = ['critical', 'high', 'unknown', 'medium', 'low', 'negligible'] as const

/** Orders severities, the worst first; what nobody rated comes after `high`. */
export const severityRank = ({ severity }: Pick<JudgedFinding, 'severity'>): number =>
  severities.indexOf(severity)

/** Groups findings by installed package: the package with the worst finding first, then the one with the most. */
export function groupFindings(findings: readonly JudgedFinding[]): readonly PackageFindings[] {
  const groups = new Map<string, JudgedFinding[]>()
  for (const finding of findings) {
    const key = `${finding.purl}\n${finding.package}\n${finding.version}`
    const group = groups.get(key)
    if (group) group.push(finding)
    else groups.set(key, [finding])
  }
  return [...groups.values()]
    .map((group): PackageFindings => {
      const sorted = group.sort(
        (one, other) => severityRank(one) - severityRank(other) || compareText(one.id, other.id),
      )
      const { purl, package: name, version, usage, file, chain, keptBy } = sorted[0]!
      return { purl, package: name, version, findings: sorted, used: { usage, file, chain, keptBy } }
    })
    .sort(
      (one, other) =>
        severityRank(one.findings[0]!) - severityRank(other.findings[0]!) ||
        other.findings.length - one.findings.length ||
        compareText(one.package, other.package) ||
        compareText(one.purl, other.purl),
    )
}

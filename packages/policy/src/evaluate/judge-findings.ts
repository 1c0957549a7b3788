import type { PackageUsage } from '@sallyport/harden'
import type { JudgedFinding } from '../decision.ts'
import type { PolicyFacts } from '../facts.ts'
import type { WaiverBook } from './match-waivers.ts'

/** Joins each finding with the usage of its package and with the waivers. */
export function judgeFindings({ scan, usage }: PolicyFacts, waivers: WaiverBook): readonly JudgedFinding[] {
  const usageByPurl = new Map<string, PackageUsage>(usage.map((entry) => [entry.purl, entry]))
  return scan.findings.map((finding) => {
    const used = usageByPurl.get(finding.package.purl)
    const { waivedBy, nearMiss } = waivers.match(finding)
    return {
      id: finding.id,
      aliases: finding.aliases,
      purl: finding.package.purl,
      package: finding.package.name,
      version: finding.package.version,
      severity: finding.severity,
      fix: finding.fix,
      // Not analysed is not the same as not used.
      usage: used?.usage ?? 'possible',
      file: used?.file,
      chain: used?.chain ?? [],
      keptBy: used?.keptBy?.detail,
      waivedBy,
      nearMiss,
    }
  })
}

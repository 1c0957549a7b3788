import type { PackageUsage, Usage } from '@sallyport/harden'
import type { JudgedFinding } from '../judged-finding.ts'
import type { PolicyFacts } from '../facts.ts'
import type { WaiverBook } from './match-waivers.ts'

const strength: readonly Usage[] = ['executed', 'loaded', 'linked', 'possible', 'present']

/** Joins each finding with the usage of its package and with the waivers. */
export function judgeFindings({ scan, usage }: PolicyFacts, waivers: WaiverBook): readonly JudgedFinding[] {
  const usageByPurl = new Map<string, PackageUsage>()
  for (const entry of usage) {
    const known = usageByPurl.get(entry.purl)
    // A package may be installed in several places; a finding counts as used as it is where it is used most.
    if (!known || strength.indexOf(entry.usage) < strength.indexOf(known.usage))
      usageByPurl.set(entry.purl, entry)
  }
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
      ...(finding.suppressed && { suppressed: finding.suppressed }),
      ...(finding.note && { note: finding.note }),
      nearMiss,
    }
  })
}

import type { Finding, MergedScan } from '@sallyport/scan'

/** The four, as they are called in reports. */
export const engineNames = ['sallyport', 'trivy', 'grype', 'osv-scanner'] as const
export type EngineName = (typeof engineNames)[number]

/** What engines say differently of one vulnerability in one package. */
export interface Difference {
  readonly kind: 'missing' | 'suppressed' | 'severity' | 'fix-state' | 'fix-versions'
  /**
   * Who says what: of `missing` the silent ones; of `fix-versions` who agrees with whom (`grype trivy | sallyport`); of the
   * others the values (`medium: grype sallyport | unknown: trivy`).
   */
  readonly said: string
  /** `name@version id`. */
  readonly finding: string
}

/** Names a finding without what differs from one build of an image to another. */
export function labelOf({ package: { name, version }, id }: Pick<Finding, 'package' | 'id'>): string {
  return `${name}@${version} ${id}`
}

/** Everything that the four say differently of one image, whatever the reason. */
export function listDifferences({ findings, disagreements = [] }: MergedScan): readonly Difference[] {
  const labels = new Map(
    findings.map((finding) => [`${finding.package.purl} ${finding.id}`, labelOf(finding)]),
  )
  const missing = findings.flatMap((finding): readonly Difference[] => {
    const silent = engineNames.filter((name) => !finding.scanners.includes(name))
    return silent.length === 0 ? [] : [{ kind: 'missing', said: silent.join(' '), finding: labelOf(finding) }]
  })
  const others = disagreements.flatMap(({ kind, purl, id, said }): readonly Difference[] => {
    if (kind === 'missing') return []
    const groups = Map.groupBy(said, ({ value }) => value)
    const parts = [...groups].map(([value, own]) => {
      const names = own.map(({ scanner }) => scanner).join(' ')
      return kind === 'fix-versions' ? names : `${value}: ${names}`
    })
    return [{ kind, said: parts.sort().join(' | '), finding: labels.get(`${purl} ${id}`) ?? `${purl} ${id}` }]
  })
  return [...missing, ...others]
}

/** How many of the confirmed findings an engine has, and how many of its findings are confirmed. */
export interface Figures {
  readonly confirmed: number
  readonly found: number
  readonly right: number
}

/**
 * The figures of each engine. Confirmed is what two engines report, or what one reports and `isRight` says of it that it is
 * right to.
 */
export function measure(
  { findings }: MergedScan,
  isRight: (finding: Finding) => boolean,
): Readonly<Record<EngineName, Figures>> {
  const confirmed = new Set(findings.filter((finding) => finding.scanners.length > 1 || isRight(finding)))
  const entries = engineNames.map((name) => {
    const own = findings.filter(({ scanners }) => scanners.includes(name))
    const right = own.filter((finding) => confirmed.has(finding)).length
    return [name, { confirmed: confirmed.size, found: own.length, right }] as const
  })
  return Object.fromEntries(entries) as Record<EngineName, Figures>
}

import type { Finding } from '../finding.ts'
import type { Disagreement, ScanReport } from '../scan-report.ts'
import { compareText } from '../version/version-order.ts'

/**
 * Lists what scanners disagree about, of merged findings with their claims. Who did not judge everything may have
 * missed a finding for that reason, and is not held against anybody.
 */
export function findDisagreements(
  findings: readonly Finding[],
  reports: readonly ScanReport[],
): readonly Disagreement[] {
  const complete = reports.filter(({ status }) => status === 'complete').map(({ scanner }) => scanner.name)
  const found: Disagreement[] = []
  for (const { id, package: pkg, scanners, claims = [] } of findings) {
    const add = (kind: Disagreement['kind'], said: Disagreement['said']) =>
      found.push({
        kind,
        id,
        purl: pkg.purl,
        said: said.toSorted((a, b) => compareText(a.scanner, b.scanner)),
      })
    const silent = complete.filter((name) => !scanners.includes(name))
    if (silent.length > 0) {
      add('missing', [
        ...scanners.map((scanner) => ({ scanner, value: 'reported' })),
        ...silent.map((scanner) => ({ scanner, value: 'not reported' })),
      ])
    }
    const compare = (kind: Disagreement['kind'], valueOf: (claim: (typeof claims)[number]) => string) => {
      const values = new Map<string, Set<string>>()
      for (const claim of claims) {
        const own = values.get(claim.scanner) ?? new Set()
        values.set(claim.scanner, own.add(valueOf(claim)))
      }
      const said = [...values].map(([scanner, own]) => ({
        scanner,
        value: [...own].sort(compareText).join(' or '),
      }))
      if (new Set(said.map(({ value }) => value)).size > 1) add(kind, said)
    }
    compare('suppressed', ({ suppressed }) => (suppressed ? 'set aside' : 'counted'))
    compare('severity', ({ severity }) => severity)
    compare('fix-state', ({ fix }) => fix.state)
    compare('fix-versions', ({ fix }) => [...fix.versions].sort(compareText).join(', '))
  }
  return found
}

import { compareSeverities, type Finding } from '@sallyport/scan'

/** What to repair first: what is exploited, then what is likely to be, then by severity. What does not count is last. */
export function rankFindings(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted(
    (a, b) =>
      Number(a.suppressed !== undefined) - Number(b.suppressed !== undefined) ||
      Number(b.kev !== undefined) - Number(a.kev !== undefined) ||
      (b.epss?.probability ?? 0) - (a.epss?.probability ?? 0) ||
      compareSeverities(b.severity, a.severity),
  )
}

import { chooseSeverity, type Finding } from '@sallyport/scan'

/** Findings whose severity is chosen without what one source says. */
export function withoutRatingsOf(source: string, findings: readonly Finding[]): readonly Finding[] {
  return findings.map((finding) => {
    const ratings = finding.ratings.filter((rating) => rating.source !== source)
    return { ...finding, ratings, severity: chooseSeverity(finding.package.purl, ratings) }
  })
}

import type { CopyReport } from '@sallyport/oci'

/** What a person should look at after a copy; empty when all evidence that the source has is at the target. */
export function findGaps(report: CopyReport): readonly string[] {
  return [
    ...report.searched
      .filter(({ referrersApi }) => referrersApi === 'denied' || referrersApi === 'unusable')
      .map(({ subject, referrersApi }) => `${subject}: the source's referrers API is ${referrersApi}`),
    ...report.searched
      .filter(({ fallbackTag }) => fallbackTag === 'foreign')
      .map(({ subject }) => `${subject}: something else stands at its fallback tag`),
    ...report.rejected.map(({ digest, reason }) => `${digest} is listed as evidence: ${reason}`),
    ...report.filtered.map(({ descriptor, reason }) => `${descriptor.digest} stayed behind: ${reason}`),
    ...report.conflicts.map(({ tag, resolution }) => `${tag} was at another digest: ${resolution}`),
  ]
}

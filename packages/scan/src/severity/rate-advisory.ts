import type { AdvisoryEntry } from '../advisories/advisory-index.ts'
import type { SeverityRating } from '../finding.ts'
import { rateCvss } from './rate-cvss.ts'
import { severityOfWord } from './severity-order.ts'

/**
 * Everything that an advisory says of its severity for one package: CVSS vectors, Ubuntu's priority, GitHub's word,
 * Debian's urgency. Empty when it says nothing that can be read.
 */
export function rateAdvisory({ record, affected }: AdvisoryEntry): readonly SeverityRating[] {
  const source = sourceOf(record.id)
  const ratings: SeverityRating[] = []
  for (const { type, score } of [...(affected.severity ?? []), ...(record.severity ?? [])]) {
    if (type.startsWith('CVSS_')) {
      const rating = rateCvss(score)
      if (rating !== undefined)
        ratings.push({ source, level: rating.level, score: rating.score, vector: score })
    } else {
      const level = severityOfWord(score)
      if (level !== undefined) ratings.push({ source: type.toLowerCase(), level })
    }
  }
  const ecosystem = affected.package?.ecosystem ?? ''
  const urgency = affected.ecosystem_specific?.['urgency'] ?? affected.database_specific?.['urgency']
  pushWord(ratings, ecosystem.startsWith('Debian') ? 'debian' : source, urgency)
  pushWord(
    ratings,
    source,
    record.database_specific?.['severity'] ?? affected.database_specific?.['severity'],
  )
  return ratings
}

function pushWord(ratings: SeverityRating[], source: string, word: unknown): void {
  if (typeof word !== 'string') return
  const level = severityOfWord(word)
  if (level !== undefined) ratings.push({ source, level })
}

/** Name of the database that an id belongs to: `ghsa`, `pysec`, `go`, `debian`; CVE records count as the NVD's. */
function sourceOf(id: string): string {
  const prefix = (/^[A-Za-z]+/.exec(id)?.[0] ?? 'osv').toLowerCase()
  switch (prefix) {
    case 'cve':
      return 'nvd'
    case 'dsa':
    case 'dla':
      return 'debian'
    default:
      return prefix
  }
}

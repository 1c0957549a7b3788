import type { PackageURL } from 'packageurl-js'
import type { Severity, SeverityRating } from '../finding.ts'
import { compareSeverities } from './severity-order.ts'
import { loadPackageUrl } from '../internal/load-libraries.ts'

/** Names under which a distribution's own ratings appear, by purl namespace. */
const vendors: Readonly<Record<string, readonly string[]>> = {
  redhat: ['redhat', 'redhat-oval'],
  rhel: ['redhat', 'redhat-oval'],
  centos: ['centos', 'redhat', 'redhat-oval'],
  almalinux: ['alma', 'almalinux'],
  rockylinux: ['rocky', 'rockylinux'],
  opensuse: ['suse', 'suse-cvrf', 'opensuse'],
  sles: ['suse', 'suse-cvrf'],
  ol: ['oracle-oval', 'oracle'],
  oracle: ['oracle-oval', 'oracle'],
  amzn: ['amazon'],
  amazon: ['amazon'],
}

/**
 * Chooses the level that counts:
 * 1. the word of the distribution that the package comes from, since it knows how it is built and used there;
 * 2. else GitHub's reviewed word, else GitHub's score;
 * 3. else the highest CVSS score of any source;
 * 4. else the worst word of any source;
 * 5. else `unknown`, which no policy may take for harmless.
 *
 * All ratings stay in the finding, so that a policy can choose otherwise.
 */
export function chooseSeverity(purl: string, ratings: readonly SeverityRating[]): Severity {
  const known = ratings.filter((rating) => rating.level !== 'unknown')
  const own = vendorsOf(purl)
  const isWord = (rating: SeverityRating): boolean =>
    rating.vector === undefined && rating.score === undefined
  const ghsa = known.filter((rating) => rating.source === 'ghsa')
  return (
    worst(known.filter((rating) => isWord(rating) && own.includes(rating.source))) ??
    worst(ghsa.filter(isWord)) ??
    worst(ghsa) ??
    highestScore(known) ??
    worst(known) ??
    'unknown'
  )
}

function vendorsOf(purl: string): readonly string[] {
  const { PackageURL: parser } = loadPackageUrl()
  let parsed: PackageURL
  try {
    parsed = parser.fromString(purl)
  } catch {
    return []
  }
  if (!['deb', 'apk', 'rpm'].includes(parsed.type ?? '')) return []
  const namespace = parsed.namespace ?? ''
  return Object.hasOwn(vendors, namespace) ? (vendors[namespace] ?? []) : [namespace]
}

function worst(ratings: readonly SeverityRating[]): Severity | undefined {
  return ratings
    .map((rating) => rating.level)
    .sort(compareSeverities)
    .at(-1)
}

function highestScore(ratings: readonly SeverityRating[]): Severity | undefined {
  let best: SeverityRating | undefined
  for (const rating of ratings) {
    if (rating.score !== undefined && rating.score > (best?.score ?? -1)) best = rating
  }
  return best?.level
}

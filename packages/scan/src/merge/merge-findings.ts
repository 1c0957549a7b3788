import { compareIds, isBundle } from '../advisories/advisory-ids.ts'
import type { Finding, FindingPackage, FixState, ScannerClaim, SeverityRating } from '../finding.ts'
import { DisjointSets } from '../internal/disjoint-sets.ts'
import { chooseSeverity } from '../severity/choose-severity.ts'
import { compareSeverities } from '../severity/severity-order.ts'
import { compareVersions } from '../version/compare-versions.ts'
import { compareText, isUnparseable } from '../version/version-order.ts'
import { mergeSuppressions } from './merge-suppressions.ts'
import { packageKey } from './package-key.ts'

const fixOrder: readonly FixState[] = ['fixed', 'end-of-life', 'wont-fix', 'deferred', 'not-fixed', 'unknown']

/**
 * Makes one finding of all that name the same vulnerability of the same package. Vulnerabilities are the same when
 * they share an id or alias, directly or through others; ids of advisories that bundle several never count for that.
 * Nothing is lost: fix versions, ratings, ids and scanners are unions. What all of them set aside stays so, what one
 * of them counts does count. Sorted by purl, then id.
 */
export function mergeFindings(findings: readonly Finding[]): readonly Finding[] {
  const sets = new DisjointSets()
  const keyed = findings.map((finding) => {
    const key = packageKey(finding.package)
    const [first = '', ...others] = identitiesOf(finding).map((id) => `${key} ${id}`)
    for (const other of others) sets.join(first, other)
    return { finding, identity: first }
  })
  const groups = new Map<string, Finding[]>()
  for (const { finding, identity } of keyed) {
    const root = sets.find(identity)
    const group = groups.get(root)
    if (group === undefined) groups.set(root, [finding])
    else group.push(finding)
  }
  return [...groups.values()].map((group) => mergeGroup(inOrder(group))).sort(byPackageAndId)
}

/** Ids by which a finding is the same vulnerability as another. */
export function identitiesOf({ id, aliases }: Pick<Finding, 'id' | 'aliases'>): readonly string[] {
  return isBundle(id) ? [id] : [id, ...aliases.filter((alias) => !isBundle(alias))]
}

function byPackageAndId(a: Finding, b: Finding): number {
  return compareText(a.package.purl, b.package.purl) || compareIds(a.id, b.id)
}

/** What is taken of one finding of a group must not hang on the order in which scanners answered. */
function inOrder(group: readonly Finding[]): readonly Finding[] {
  if (group.length === 1) return group
  return group
    .map((finding) => ({ finding, key: JSON.stringify([finding.scanners, finding]) }))
    .sort((a, b) => compareText(a.key, b.key))
    .map(({ finding }) => finding)
}

function mergeGroup(group: readonly Finding[]): Finding {
  const ids = [...new Set(group.flatMap(identitiesOf))].sort(compareIds)
  const pkg = (group.find((finding) => finding.package.sourceName !== undefined) ?? group[0])?.package
  if (pkg === undefined) throw new TypeError('a group has at least one finding')
  const ratings = uniqueRatings(group.flatMap((finding) => finding.ratings))
  const chosen = chooseSeverity(pkg.purl, ratings)
  const claimed = group.map((finding) => finding.severity).sort(compareSeverities)
  const published = group.flatMap((finding) => finding.published ?? []).sort(byTime)
  const versions = sortVersions(pkg.type, new Set(group.flatMap((finding) => finding.fix.versions)))
  const scanners = [...new Set(group.flatMap((finding) => finding.scanners))].sort(compareText)
  return {
    id: ids[0] ?? '',
    aliases: ids.slice(1),
    package: pkg,
    severity: chosen === 'unknown' ? (claimed.at(-1) ?? 'unknown') : chosen,
    ratings,
    fix: {
      state: fixOrder.find((state) => group.some((finding) => finding.fix.state === state)) ?? 'unknown',
      versions,
      suggested: suggestFix(pkg, versions, group),
      availableAt: group.flatMap((finding) => finding.fix.availableAt ?? []).sort(byTime)[0],
    },
    kev: firstOf(group, ({ kev }) => kev),
    epss: firstOf(group, ({ epss }) => epss),
    suppressed: mergeSuppressions(group.map(({ suppressed }) => suppressed)),
    note: firstOf(group, ({ note }) => note),
    ...(scanners.length > 1 && { claims: claimsOf(group) }),
    title: firstOf(group, ({ title }) => title),
    url: firstOf(group, ({ url }) => url),
    published: published[0],
    scanners,
  }
}

function firstOf<T>(group: readonly Finding[], read: (finding: Finding) => T | undefined): T | undefined {
  return group.map(read).find((value) => value !== undefined)
}

/** What each scanner said; of a merged finding, what was said before. */
function claimsOf(group: readonly Finding[]): readonly ScannerClaim[] {
  const claims = group.flatMap(
    ({ claims: earlier, scanners, id, severity, fix: { state, versions }, suppressed }) =>
      earlier ??
      scanners.map((scanner): ScannerClaim => ({
        scanner,
        id,
        severity,
        fix: { state, versions },
        ...(suppressed && { suppressed }),
      })),
  )
  const unique = new Map(claims.map((claim) => [JSON.stringify(claim), claim]))
  return [...unique].sort(([a], [b]) => compareText(a, b)).map(([, claim]) => claim)
}

/**
 * The lowest version above the installed one that nobody who names a fix would call too low. With several branches of
 * a package, each names its own fix: then a version counts when everybody names one that is not above it.
 */
function suggestFix(
  { type, version }: FindingPackage,
  versions: readonly string[],
  group: readonly Finding[],
): string | undefined {
  const above = versions.filter((one) => compareVersions(type, one, version) === 1)
  const places = new Map(above.map((one, index) => [one, index]))
  let place = -1
  for (const { fix } of group) {
    let lowest = Number.POSITIVE_INFINITY
    for (const one of fix.versions) lowest = Math.min(lowest, places.get(one) ?? lowest)
    if (lowest !== Number.POSITIVE_INFINITY) place = Math.max(place, lowest)
  }
  // of several spellings of it the first
  while (place > 0 && compareVersions(type, above[place - 1] ?? '', above[place] ?? '') === 0) place--
  return above[place]
}

function byTime(a: string, b: string): number {
  return Date.parse(a) - Date.parse(b) || compareText(a, b)
}

function uniqueRatings(ratings: readonly SeverityRating[]): readonly SeverityRating[] {
  const unique = new Map<string, SeverityRating>()
  for (const rating of ratings) {
    unique.set(JSON.stringify([rating.source, rating.vector ?? '', rating.score ?? '', rating.level]), rating)
  }
  return [...unique].sort(([a], [b]) => compareText(a, b)).map(([, rating]) => rating)
}

function sortVersions(type: string, versions: ReadonlySet<string>): readonly string[] {
  return [...versions].sort((a, b) => {
    const order = compareVersions(type, a, b)
    return (isUnparseable(order) ? 0 : order) || compareText(a, b)
  })
}

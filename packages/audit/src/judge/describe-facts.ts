import { type Digest, formatPlatform } from '@sallyport/core'
import type { Inventory } from '@sallyport/inventory'
import type { PolicyFacts } from '@sallyport/policy'
import type { Finding, MergedScan } from '@sallyport/scan'
import type { AttestedUsage } from './attested-usage.ts'
import type { EarlierDecision } from './earlier-decision.ts'

/** What is known of an image without its layers. */
export interface KnownWithoutLayers {
  readonly inventory: Inventory
  /** With what today's statements set aside. */
  readonly scan: MergedScan
  /** Digests under which statements may name it: its own, and those of indexes that list it. */
  readonly digests: readonly Digest[]
  /** `registry/repository`. */
  readonly repository: string
  readonly earlier?: EarlierDecision | undefined
  readonly usage?: AttestedUsage | undefined
}

/**
 * Facts for a decision without layers. Usage is as an accepted decision and the provenance of the hardening tell: it does
 * not change. Nobody wrote down when a finding was first seen, so both ends
 * of what is possible can be asked for: `earliest` grants the least grace.
 */
export function describeFacts(
  { inventory, scan, repository, earlier, usage }: Omit<KnownWithoutLayers, 'digests'>,
  firstSeen: 'earliest' | 'latest',
  now: Date,
): PolicyFacts {
  const platform = formatPlatform(inventory.platform)
  const known = new Map(earlier?.findings.map((finding) => [keyOf(finding.id, finding.purl), finding]))
  const find = (finding: Finding) =>
    [finding.id, ...finding.aliases]
      .map((id) => known.get(keyOf(id, finding.package.purl)))
      .find((one) => one !== undefined)
  const { findings } = scan
  const seenAt = (finding: Finding): number | undefined =>
    firstSeen === 'latest'
      ? find(finding) === undefined
        ? now.getTime()
        : earlier?.at
      : earliestSight(finding, find(finding) === undefined ? earlier?.at : undefined)
  return {
    subject: inventory.subject,
    // Of the tag only a decision tells; terms for images are written with one.
    destination: earlier?.destination ?? `${repository}:latest`,
    inventory,
    scan,
    failures: [],
    ...describeUsage(inventory, findings, earlier, usage),
    platforms: { present: [platform], judged: [platform] },
    firstSeen: findings.flatMap((finding) => {
      const at = seenAt(finding)
      if (at === undefined || Number.isNaN(at)) return []
      return [{ id: finding.id, purl: finding.package.purl, at: new Date(at).toISOString() }]
    }),
    removed: [],
  }
}

const keyOf = (id: string, purl: string): string => `${id} ${purl}`

/** It was not seen before it was disclosed, nor before a decision that did not find it. */
function earliestSight({ published }: Finding, notBefore: number | undefined): number | undefined {
  const disclosed = published === undefined ? Number.NaN : Date.parse(published)
  if (notBefore === undefined) return disclosed
  return Number.isNaN(disclosed) ? notBefore : Math.max(notBefore, disclosed)
}

/**
 * With complete recordings "not executed" means something, so a package of which the evidence tells nothing has to count as
 * executed: only what was attested takes a finding out of the count.
 */
function describeUsage(
  { packages }: Inventory,
  findings: readonly Finding[],
  earlier: EarlierDecision | undefined,
  attested: AttestedUsage | undefined,
): Pick<PolicyFacts, 'usage' | 'traced' | 'traceCoverage'> {
  const unused = new Set(attested?.unused)
  const told = new Map(
    earlier?.findings.flatMap(({ purl, usage }) => (usage === undefined ? [] : [[purl, usage]])),
  )
  const coverage = attested?.coverage ?? 'none'
  const otherwise = coverage === 'none' ? 'possible' : 'executed'
  const found = new Set(findings.map((finding) => finding.package.purl))
  return {
    usage: packages
      .filter(({ purl }) => found.has(purl) || unused.has(purl))
      .map(({ purl }) => ({
        purl,
        usage: told.get(purl) ?? (unused.has(purl) ? 'present' : otherwise),
        chain: [],
      })),
    traced: coverage === 'complete',
    traceCoverage: coverage,
  }
}

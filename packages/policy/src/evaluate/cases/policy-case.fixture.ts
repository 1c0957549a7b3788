import { type Digest, digestOf } from '@sallyport/core'
import type { PackageUsage, Usage } from '@sallyport/harden'
import type { Package } from '@sallyport/inventory'
import type { Finding, ScanReport } from '@sallyport/scan'
import type { BreakGlass } from '../../break-glass.ts'
import type { Decision } from '../../decision.ts'
import type { PolicyFacts } from '../../facts.ts'
import type { Waiver } from '../../waivers/waiver.ts'
import { createTier, type WrittenRule, type WrittenTier } from '../create-tier.fixture.ts'
import { decide } from '../decide.ts'

/** The image of all cases. */
export const subject: Digest = digestOf('image')
/** The time of a case that names none. */
export const now = '2026-11-25T12:00:00Z'
/** The package that a finding is in unless its case says otherwise. */
export const zlib = 'pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1?arch=amd64&distro=debian-12'

/** A row of the table: what a policy says of an image at a time. */
export interface PolicyCase {
  /** Reads on from "policy case: ". */
  readonly name: string
  readonly thresholds?: readonly WrittenRule[] | undefined
  readonly tier?: WrittenTier | undefined
  /** Findings, each over a critical one of zlib that is not fixed. */
  readonly findings?: readonly FindingDelta[] | undefined
  /** How zlib is used. Default `linked`. */
  readonly usage?: Usage | undefined
  readonly facts?: Partial<PolicyFacts> | undefined
  readonly waivers?: readonly Partial<Waiver>[] | undefined
  readonly breakGlass?: BreakGlass | undefined
  readonly now?: string | undefined
  /** The verdict, then the codes of all reasons in their order. */
  readonly gives: string
}

/** What a case changes of a finding. */
export type FindingDelta = Partial<Omit<Finding, 'package'>> & { readonly purl?: string | undefined }

/** One threshold named `r`. */
export const limit = (max: number, bucket: WrittenRule = {}): readonly WrittenRule[] => [
  { name: 'r', max, ...bucket },
]

/** Judges a case. */
export function decideCase(given: Omit<PolicyCase, 'name' | 'gives'>): Decision {
  const tier = createTier(given.thresholds ?? limit(0, { severity: 'critical' }), given.tier)
  const policy = { source: 'gate.yaml', digest: digestOf('policy'), tiers: new Map([[tier.name, tier]]) }
  const waivers = (given.waivers ?? []).map(createWaiver)
  return decide(createFacts(given), policy, {
    tier: tier.name,
    now: new Date(given.now ?? now),
    waivers: waivers.length === 0 ? [] : [{ source: 'waivers.yaml', digest: digestOf('waivers'), waivers }],
    breakGlass: given.breakGlass,
  })
}

/** The verdict of a decision and the codes of its reasons. */
export const summarize = ({ verdict, reasons }: Decision): string =>
  [verdict, ...reasons.map(({ code }) => code)].join(' ')

/** Facts about an image with one package that nothing is wrong with but the given findings. */
export function createFacts({
  findings = [],
  usage = 'linked',
  facts = {},
}: Pick<PolicyCase, 'findings' | 'usage' | 'facts'>): PolicyFacts {
  return {
    subject,
    destination: 'prod.example/app:1',
    inventory: createInventory([zlib]),
    scan: { subject, reports: [createReport()], findings: findings.map(createFinding) },
    failures: [],
    usage: [createUsage(usage)],
    platforms: { present: ['linux/amd64'], judged: ['linux/amd64'] },
    removed: [],
    ...facts,
  }
}

/** A critical finding without a fix, in zlib. */
export function createFinding({ purl = zlib, ...delta }: FindingDelta): Finding {
  const type = purl.slice('pkg:'.length, purl.indexOf('/'))
  const [, name = '', version = ''] = /([^/]*)@([^?]*)/.exec(purl) ?? []
  return {
    id: 'CVE-2023-45853',
    aliases: [],
    package: { purl, type, name: decodeURIComponent(name), version },
    severity: 'critical',
    ratings: [],
    fix: { state: 'not-fixed', versions: [] },
    scanners: ['sallyport'],
    ...delta,
  }
}

/** A waiver of the finding in zlib, for every tier. */
export function createWaiver(delta: Partial<Waiver>): Waiver {
  return {
    id: 'W-1',
    vulnerability: 'CVE-2023-45853',
    scope: { package: 'pkg:deb/debian/zlib1g' },
    reason: 'minizip is not part of the Debian build',
    owner: 'platform team',
    expires: '2027-01-01T00:00:00.000Z',
    expiresText: '2026-12-31',
    ...delta,
  }
}

/** How zlib is used. */
export const createUsage = (usage: Usage, purl: string = zlib): PackageUsage => ({ purl, usage, chain: [] })

/** A report of a scanner that judged everything. */
export function createReport(delta: Partial<ScanReport> = {}): ScanReport {
  return {
    scanner: { name: 'sallyport', version: '1' },
    subject,
    startedAt: now,
    finishedAt: now,
    data: [{ name: 'advisories', updatedAt: '2026-11-25T00:00:00Z' }],
    status: 'complete',
    tells: ['kev', 'epss'],
    gaps: [],
    findings: [],
    ...delta,
  }
}

/** An inventory of packages of Debian 12. */
export function createInventory(
  purls: readonly string[],
  delta: Partial<PolicyFacts['inventory']> = {},
): PolicyFacts['inventory'] {
  return {
    subject,
    platform: { os: 'linux', architecture: 'amd64' },
    distro: { id: 'debian', versionId: '12', idLike: [] },
    packages: purls.map(createPackage),
    gaps: [],
    ...delta,
  }
}

function createPackage(purl: string): Package {
  const { type, name, version } = createFinding({ purl }).package
  return {
    type: type as Package['type'],
    name,
    version,
    purl,
    files: [],
    evidence: { path: '/var/lib/dpkg/status', layer: 0, diffId: subject, method: 'dpkg-status' },
  }
}

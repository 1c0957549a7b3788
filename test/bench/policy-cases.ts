import { digestOf } from '@sallyport/core'
import type { PackageUsage } from '@sallyport/harden'
import {
  decide,
  type Decision,
  definePolicy,
  type Policy,
  type PolicyFacts,
  type WaiverFile,
} from '@sallyport/policy'
import type { Finding, FixState, Severity } from '@sallyport/scan'

/** A decision to be timed. */
export interface PolicyBenchCase {
  readonly title: string
  /** Whether the limit on its time holds for it; images with a package for each finding are only watched. */
  readonly isLimited: boolean
  readonly decide: () => Decision
}

const findings = 10_000
const rules = 200
const waivers = 500
const now = new Date('2026-11-25T12:00:00Z')
const subject = digestOf('image')
const severities: readonly Severity[] = [
  'negligible',
  'low',
  'low',
  'medium',
  'medium',
  'medium',
  'high',
  'critical',
]
const states: readonly FixState[] = ['fixed', 'not-fixed', 'wont-fix', 'deferred']
const usages: readonly PackageUsage['usage'][] = ['executed', 'loaded', 'linked', 'possible', 'present']

/** Findings of 1,000 packages, and of as many packages as findings; rules that hold, and rules of which half are broken. */
export function decideCases(): readonly PolicyBenchCase[] {
  return [
    ['1,000 packages, all rules hold', 1_000, 1_000_000],
    ['1,000 packages, rules are broken', 1_000, 20],
    ['10,000 packages, rules are broken', 10_000, 20],
  ].map(([title, packages, max]) => {
    const facts = createFacts(Number(packages))
    const policy = createPolicy(Number(max))
    const files = [createWaivers(facts.scan.findings)]
    return {
      title: String(title),
      isLimited: packages !== findings,
      decide: () => decide(facts, policy, { tier: 'prod', now, waivers: files }),
    }
  })
}

/** Numbers that look like chance and are the same in each run. */
function spread(position: number, values: number): number {
  return ((position * 2_654_435_761) >>> 8) % values
}

function createFacts(packages: number): PolicyFacts {
  const purls = Array.from(
    { length: packages },
    (_, at) =>
      `pkg:deb/debian/package-${String(at).padStart(5, '0')}@1:2.${at}-1?arch=amd64&distro=debian-12`,
  )
  const found = Array.from({ length: findings }, (_, at) => createFinding(at, purls[at % packages] ?? ''))
  return {
    subject,
    destination: 'prod.example/app:1',
    inventory: {
      subject,
      platform: { os: 'linux', architecture: 'amd64' },
      packages: purls.map((purl) => ({
        type: 'deb',
        name: purl,
        version: '1',
        purl,
        files: [],
        evidence: { path: '/var/lib/dpkg/status', layer: 0, diffId: subject, method: 'dpkg-status' },
      })),
      gaps: [],
    },
    scan: {
      subject,
      reports: [
        {
          scanner: { name: 'sallyport', version: '1' },
          subject,
          startedAt: now.toISOString(),
          finishedAt: now.toISOString(),
          data: [{ name: 'advisories', updatedAt: '2026-11-25T00:00:00Z' }],
          status: 'complete',
          gaps: [],
          findings: [],
        },
      ],
      findings: found.sort((a, b) =>
        a.package.purl < b.package.purl ? -1 : a.package.purl > b.package.purl ? 1 : a.id < b.id ? -1 : 1,
      ),
    },
    failures: [],
    usage: purls.map((purl, at) => ({ purl, usage: usages[at % usages.length] ?? 'possible', chain: [] })),
    platforms: { present: ['linux/amd64'], judged: ['linux/amd64'] },
    firstSeen: found.map(({ id, package: { purl } }, at) => ({ id, purl, at: dateOf(at) })),
    removed: [],
  }
}

function createFinding(at: number, purl: string): Finding {
  const state = states[spread(at, states.length)] ?? 'unknown'
  return {
    id: `CVE-${2010 + spread(at, 16)}-${10_000 + at}`,
    aliases: [`DEBIAN-CVE-${10_000 + at}`],
    package: { purl, type: 'deb', name: purl.slice(15, 28), version: '1', sourceName: 'source' },
    severity: severities[spread(at + 7, severities.length)] ?? 'unknown',
    ratings: [],
    fix:
      state === 'fixed'
        ? { state, versions: [`1:3.${at % 3}-1`], availableAt: dateOf(at) }
        : { state, versions: [] },
    ...(at % 50 === 0 && { kev: { dateAdded: '2026-11-01', dueDate: '2026-11-22' } }),
    ...(at % 10 !== 0 && { epss: { probability: spread(at, 1_000) / 1_000, percentile: 0.5 } }),
    published: dateOf(at + 1),
    scanners: ['sallyport'],
  }
}

function dateOf(at: number): string {
  const day = new Date(Date.UTC(2026, 10, 25) - spread(at, 900) * 3_600_000 * 24)
  return `${day.toISOString().slice(0, 19)}Z`
}

/** One of each form in turn, so that every field of a threshold is in use. */
function createPolicy(max: number): Policy {
  const forms = [
    () => ({ severity: 'critical', usage: 'executed' }),
    (at: number) => ({ severity: 'critical', fix: 'fixed', age: { since: 'fix', atLeast: `${at}d` } }),
    (at: number) => ({ severity: 'high', fix: 'fixed', age: { since: 'disclosure', atLeast: `${at}d` } }),
    (at: number) => ({ severity: ['high', 'critical'], age: { since: 'first-seen', atLeast: `${at}d` } }),
    () => ({ kev: 'overdue' }),
    (at: number) => ({ epss: { atLeast: 0.9 - at / 1_000, missing: 'skip' } }),
    (at: number) => ({ package: `pkg:deb/debian/package-${String(at).padStart(5, '0')}` }),
    (at: number) => ({ package: `package-00${at}*`, severity: 'medium' }),
    () => ({ ecosystem: ['deb', 'npm'], usage: ['linked', 'possible'], severity: 'high' }),
    () => ({ severity: 'unknown' }),
  ]
  const thresholds = Array.from({ length: rules }, (_, at) => ({
    name: `rule ${at}`,
    max,
    ...forms[at % forms.length]?.(at),
  }))
  return definePolicy({ version: 1, tiers: { prod: { thresholds } } }, { source: 'gate.yaml' })
}

/** Half of them match a finding. */
function createWaivers(found: readonly Finding[]): WaiverFile {
  return {
    source: 'waivers.yaml',
    digest: digestOf('waivers'),
    waivers: Array.from({ length: waivers }, (_, at) => {
      const finding = found[at * 20]
      return {
        id: `W-${at}`,
        vulnerability: at % 2 === 0 ? (finding?.id ?? '') : `CVE-1999-${at}`,
        scope: { package: finding?.package.purl.split('@')[0] },
        reason: 'it is not reachable',
        owner: 'team',
        expires: '2027-01-01T00:00:00.000Z',
        expiresText: '2026-12-31',
      }
    }),
  }
}

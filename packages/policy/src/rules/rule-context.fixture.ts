import type { Digest } from '@sallyport/core'
import type { Package } from '@sallyport/inventory'
import type { PolicyFacts } from '../facts.ts'
import type { JudgedFinding } from '../judged-finding.ts'
import type { RuleContext } from './rule-kind.ts'

export const subject: Digest = `sha256:${'1'.repeat(64)}`
const now = new Date('2026-11-26T12:00:00.000Z')

export function aPackage(purl: string, rest: Partial<Package> = {}): Package {
  const [, type = '', name = '', version = ''] =
    /^pkg:([a-z]+)\/(?:[a-z]+\/)?([^@?]+)@([^?]*)/.exec(purl) ?? []
  return {
    type: type as Package['type'],
    name,
    version,
    purl,
    files: [],
    evidence: { path: '/var/lib/dpkg/status', layer: 0, diffId: subject, method: 'dpkg-status' },
    license: 'MIT',
    ...rest,
  }
}

export function aFinding(id: string, rest: Partial<JudgedFinding> = {}): JudgedFinding {
  return {
    id,
    aliases: [],
    purl: 'pkg:deb/debian/zlib1g@1.2.13',
    package: 'zlib1g',
    version: '1.2.13',
    severity: 'high',
    fix: { state: 'fixed', versions: ['1.2.14'] },
    usage: 'possible',
    chain: [],
    ...rest,
  }
}

/** Facts of an image about which everything is known and nothing is wrong. */
export const facts: PolicyFacts = {
  subject,
  destination: 'prod.example:5000/team/app:1.4',
  inventory: {
    subject,
    platform: { os: 'linux', architecture: 'amd64' },
    distro: { id: 'debian', versionId: '12', codename: 'bookworm', idLike: [] },
    packages: [aPackage('pkg:deb/debian/zlib1g@1.2.13?arch=amd64'), aPackage('pkg:npm/left-pad@1.3.0')],
    gaps: [],
  },
  scan: {
    subject,
    reports: [
      {
        scanner: { name: 'trivy', version: '0.60.1' },
        subject,
        startedAt: now.toISOString(),
        finishedAt: now.toISOString(),
        data: [],
        status: 'complete',
        tells: ['kev', 'epss'],
        gaps: [],
        findings: [],
        weaknesses: [],
        weaknessKinds: ['secret', 'misconfiguration'],
      },
    ],
    findings: [],
    weaknesses: [],
  },
  failures: [],
  usage: [],
  evidence: { verified: [], rejected: [] },
  configuration: {
    user: '1000',
    entrypoint: ['/app'],
    command: [],
    environment: ['PATH'],
    exposedPorts: ['8080/tcp'],
    volumes: [],
    labels: { 'org.opencontainers.image.source': 'https://git.example/team/app' },
    healthCheck: true,
    created: '2026-11-01T00:00:00Z',
  },
  files: { setuid: [], capabilities: {}, shells: [], worldWritable: [] },
  base: { name: 'mirror.example/debian:12', created: '2026-11-01T00:00:00Z', knownBy: 'layers' },
  platforms: { present: ['linux/amd64'], judged: ['linux/amd64'] },
  removed: [],
}

/** What a rule is given. */
export function aContext(
  changes: Partial<PolicyFacts> = {},
  findings: readonly JudgedFinding[] = [],
): RuleContext {
  return { facts: { ...facts, ...changes }, findings, counted: findings, now, tier: 'prod' }
}

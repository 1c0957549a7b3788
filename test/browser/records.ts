import { digestOf, parsePlatform } from '@sallyport/core'
import type { PlatformSummary, QuarantineEntry, QuarantineSummary, ReleaseRecord } from '@sallyport/gate'
import type { JudgedFinding } from '@sallyport/policy'
import { findingOf, refusal } from './decisions.ts'

/** Names as an attacker would choose them; what runs sets the title to `owned`. */
export const hostileTexts: readonly string[] = [
  `<script>document.title='owned'</script>`,
  `"><img src=x onerror="document.title='owned'">`,
  `' onmouseover='document.title=1' x='`,
  `[press](javascript:document.title='owned') @everyone \`code\``,
  '\u202e\u0000\u001b[2J',
  'y'.repeat(500),
]

/** Layers of which one is rewritten, one emptied and one added. */
const layers: NonNullable<PlatformSummary['layers']> = [
  { before: stored('base', 28_000_000), after: stored('base hardened', 17_900_000) },
  { before: stored('app', 1_900_000), after: stored('app', 1_900_000) },
  { before: stored('cache', 100_000) },
  { after: stored('patches', 200_000) },
]

function stored(content: string, bytes: number) {
  return { digest: digestOf(content), bytes }
}

/** A judged finding as the scanners told it. */
function scannedOf({ id, aliases, purl, package: name, version, severity, fix }: JudgedFinding) {
  return {
    id,
    aliases,
    package: { purl, type: 'deb', name, version },
    severity,
    ratings: [],
    fix,
    scanners: ['sallyport'],
  }
}

/** A quarantined image of two platforms; `name` stands wherever an image or a person may write. */
export function quarantineEntry(name?: string): QuarantineEntry {
  const decision = refusal(60)
  const half = { ...decision, findings: decision.findings.slice(0, 30) }
  const after = half.findings.map(scannedOf)
  const removed = [scannedOf(findingOf(6001)), scannedOf(findingOf(6002)), scannedOf(findingOf(6006))]
  const platformOf = (platform: string): PlatformSummary => ({
    platform: parsePlatform(platform),
    before: { digest: digestOf(platform), packages: 92, bytes: 30_000_000, findings: [...removed, ...after] },
    after: { digest: digestOf('after'), packages: 40, bytes: 20_000_000, findings: after },
    change: {
      fixedByRemoval: removed.map(({ id, package: { purl } }) => ({ id, purl })),
      remaining: after.length,
      vanished: [],
    },
    layers,
    decision: half,
  })
  return {
    record: {
      id: '0123456789abcdef0123456789abcdef',
      quarantinedAt: '2026-11-25T12:00:00.000Z',
      source: name ?? 'build.example/team/app:1.4',
      sourceDigest: digestOf('source'),
      destination: name ?? 'prod.example/team/app:1.4',
      tier: name ?? 'prod',
      decision: { ...decision, destination: name ?? decision.destination },
      platforms: [platformOf('linux/amd64'), platformOf('linux/arm64')],
      explanation: '',
      findings: decision.findings.slice(0, 20).map(({ id, aliases, purl, severity, fix, kev }) => ({
        id: name ?? id,
        aliases: name === undefined ? aliases : [name],
        purl: name ?? purl,
        severity,
        fix: { state: fix.state, suggested: name ?? fix.versions[0] },
        kev: kev !== undefined,
        rules: [name ?? 'critical executed'],
        platforms: ['linux/amd64', 'linux/arm64'],
        why: name ?? 'nginx -g daemon off; [entry] → /usr/sbin/nginx',
      })),
      evidence: [
        {
          predicateType: name ?? 'https://cyclonedx.org/bom',
          subject: digestOf('image'),
          digest: digestOf('sbom'),
        },
      ],
      nextSteps: [name ?? 'upgrade zlib1g to 1.3.0-1', 'ask the owners of W-9 to renew it'],
    },
    status: { state: 'open' },
  }
}

/** Lines of the list, every other one open. */
export function quarantineSummaries(number: number, name?: string): readonly QuarantineSummary[] {
  const states = ['open', 'approved', 'open', 'rejected', 'open', 'superseded'] as const
  return Array.from({ length: number }, (_, index) => ({
    id: digestOf(String(index)).slice(7, 39),
    state: states[index % states.length]!,
    quarantinedAt: new Date(Date.UTC(2026, 10, 25) - index * 60_000).toISOString(),
    source: name ?? `build.example/team/app-${index}:1.4`,
    sourceDigest: digestOf('source'),
    destination: name ?? `prod.example/team/app-${index}:1.4`,
    tier: index % 5 === 0 ? 'staging' : 'prod',
    verdict: index % 7 === 0 ? 'error' : 'fail',
    findings: index % 12,
    worst: 'critical',
    reason: name ?? `critical executed: ${index} findings, at most 0 allowed`,
  }))
}

/** A release of two platforms. */
export function releaseRecord(name?: string): ReleaseRecord {
  const refused = refusal(20)
  const decision = { ...refused, verdict: 'pass' as const, reasons: [], rules: refused.rules.slice(0, 1) }
  const platformOf = (platform: string) => ({
    platform,
    sourceDigest: digestOf(platform),
    digest: digestOf(`${platform} hardened`),
    packages: { before: 92, after: 40 },
    bytes: { before: 30_000_000, after: 20_000_000 },
    findings: { before: 60, after: 10 },
    origin: {
      before: { critical: 8, high: 14, medium: 20, low: 12, unknown: 4, negligible: 2 },
      removed: 46,
      patched: 5,
      vanished: 0,
    },
    severities: { critical: 2, high: 2, medium: 2, low: 2, unknown: 1, negligible: 1 },
    layers,
    removed: [{ purl: name ?? 'pkg:deb/debian/perl-base@5.36.0-7', reason: name ?? 'nothing reaches it' }],
    patched: [{ purl: name ?? 'pkg:deb/debian/zlib1g@1.2.0-1', to: name ?? '1.3.0-1' }],
  })
  return {
    schema: 'https://sallyport.dev/schemas/release-record/v1',
    key: digestOf('key'),
    source: { name: name ?? 'build.example/team/app:1.4', digest: digestOf('source') },
    target: {
      name: name ?? 'prod.example/team/app:1.4',
      digest: digestOf('target'),
      previousDigest: digestOf('old'),
    },
    tier: 'prod',
    release: name ?? 'shop 2026.48',
    rollback: { reason: name ?? 'the new one loses orders' },
    platforms: [platformOf('linux/amd64'), platformOf('linux/arm64')],
    decision: name === undefined ? decision : { ...decision, destination: name },
    evidence: [
      {
        subject: digestOf('target'),
        predicateType: name ?? 'https://slsa.dev/provenance/v1',
        keyId: name ?? 'evidence@example.com',
        pieces: [],
      },
    ],
    signers: { evidence: name ?? 'evidence@example.com', release: name ?? 'release@example.com' },
    startedAt: '2026-11-25T12:00:00.000Z',
    finishedAt: '2026-11-25T12:00:31.000Z',
    steps: [
      { step: 'resolve', at: '2026-11-25T12:00:01.000Z', summary: name ?? 'one digest' },
      { step: name ?? 'scan linux/amd64', at: '2026-11-25T12:00:09.000Z', summary: name ?? '60 findings' },
      { step: 'harden linux/amd64', at: '2026-11-25T12:00:21.500Z', summary: '52 packages removed' },
      { step: 'push', at: '2026-11-25T12:00:26.000Z', summary: '3 blobs' },
      { step: 'verify', at: '2026-11-25T12:00:30.000Z', summary: name ?? 'everything read back' },
    ],
  }
}

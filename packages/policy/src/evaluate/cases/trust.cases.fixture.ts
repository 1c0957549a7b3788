import { createFinding, createReport, limit, type PolicyCase, subject, zlib } from './policy-case.fixture.ts'

type Facts = NonNullable<PolicyCase['facts']>
type Report = Parameters<typeof createReport>[0]

const scannedBy = (...reports: readonly Report[]): Facts => ({
  scan: { subject, reports: reports.map(createReport), findings: [] },
})
const data = (updatedAt?: string) => ({ data: [{ name: 'advisories', updatedAt }] })
const accept = (code: string, images = '*') => ({
  acceptedGaps: [{ code, images, reason: 'a static binary' }],
})
const before = (findings: readonly { id: string; purl: string }[], packages = 1): Facts => ({
  previous: { evaluatedAt: '2026-11-24T12:00:00Z', packages, findings },
})
const known = { id: 'CVE-2023-45853', purl: zlib }

/** Age of data, drops, and what no rule is about. Judged at 2026-11-25T12:00:00Z. */
export const trustCases: readonly PolicyCase[] = [
  {
    name: 'pitfall 8: data of exactly 5 days',
    facts: scannedBy(data('2026-11-20T12:00:00Z')),
    gives: 'pass data-aging',
  },
  {
    name: 'pitfall 8: data a second older than 5 days',
    facts: scannedBy(data('2026-11-20T11:59:59Z')),
    gives: 'error data-stale',
  },
  {
    name: 'pitfall 8: data of exactly 3 days',
    facts: scannedBy(data('2026-11-22T12:00:00Z')),
    gives: 'pass',
  },
  {
    name: 'pitfall 8: data a second older than 3 days',
    facts: scannedBy(data('2026-11-22T11:59:59Z')),
    gives: 'pass data-aging',
  },
  {
    name: 'pitfall 8: data of another scanner are old',
    facts: scannedBy({}, data('2026-01-01T00:00:00Z')),
    gives: 'error data-stale',
  },
  { name: 'pitfall 8: data without a date', facts: scannedBy(data()), gives: 'error data-stale' },
  {
    name: 'pitfall 8: data of an unreadable date',
    facts: scannedBy(data('yesterday')),
    gives: 'error data-stale',
  },
  {
    name: 'pitfall 8: a scanner that names no data',
    facts: scannedBy({ data: [] }),
    gives: 'error data-stale',
  },
  {
    name: 'pitfall 8: data of a clock half an hour ahead',
    facts: scannedBy(data('2026-11-25T12:30:00Z')),
    gives: 'pass',
  },
  {
    name: 'pitfall 8: data of tomorrow',
    facts: scannedBy(data('2026-11-26T12:00:00Z')),
    gives: 'error data-stale',
  },
  {
    name: 'pitfall 8: a limit of its own',
    tier: { preconditions: { dataAge: { atMost: '24h' } } },
    facts: scannedBy(data('2026-11-24T11:00:00Z')),
    gives: 'error data-stale',
  },
  {
    name: 'pitfall 8: old data in a tier that only warns of them',
    tier: { preconditions: { dataAge: { mode: 'warn', loosen: 'a mirror that lags' } } },
    facts: scannedBy(data('2026-01-01T00:00:00Z')),
    gives: 'pass data-stale',
  },
  {
    name: 'a finding vanished in hardening',
    facts: { vanished: [createFinding({})] },
    gives: 'error finding-vanished',
  },
  {
    name: 'pitfall 9: a finding of the last scan is gone',
    facts: before([known]),
    gives: 'error suspicious-drop',
  },
  {
    name: 'pitfall 9: the same finding under an alias',
    thresholds: limit(1),
    findings: [{ id: 'GHSA-a', aliases: ['CVE-2023-45853'] }],
    facts: before([known]),
    gives: 'pass',
  },
  {
    name: 'pitfall 9: its package is gone too',
    facts: before([{ ...known, purl: 'pkg:deb/debian/minizip@1' }]),
    gives: 'pass',
  },
  {
    name: 'pitfall 9: a finding of the last scan does not count now, by VEX',
    findings: [{ suppressed: { kind: 'vex', status: 'not_affected', source: 'x' } }],
    facts: before([known]),
    gives: 'pass',
  },
  {
    name: 'pitfall 9: a finding of the last scan does not count now, by a waiver',
    findings: [{}],
    waivers: [{}],
    facts: before([known]),
    gives: 'pass',
  },
  {
    name: 'pitfall 9: a finding more than in the last scan',
    thresholds: limit(2),
    findings: [{}, { id: 'CVE-2024-1' }],
    facts: before([known]),
    gives: 'pass',
  },
  {
    name: 'pitfall 9: a drop that the tier lives with',
    tier: accept('FINDINGS_DROPPED'),
    facts: before([known]),
    gives: 'pass gap-accepted',
  },
  {
    name: 'pitfall 9: a drop within the limit',
    tier: { preconditions: { drop: { atMost: 1, loosen: 'advisories are withdrawn' } } },
    facts: before([known]),
    gives: 'pass',
  },
  {
    name: 'pitfall 9: packages are missing that nothing removed',
    facts: before([], 3),
    gives: 'error suspicious-drop',
  },
  {
    name: 'pitfall 20: each rule is off',
    thresholds: limit(0, { mode: 'off' }),
    findings: [{}],
    gives: 'error no-rule-evaluated',
  },
  {
    name: 'pitfall 20: the tier is off',
    tier: { mode: 'off' },
    findings: [{}],
    gives: 'error no-rule-evaluated',
  },
  {
    name: 'pitfall 24: an SBOM is no image that rules for images judge',
    facts: { artifactType: 'application/spdx+json' },
    gives: 'error no-rule-evaluated',
  },
  {
    name: 'pitfall 24: a rule that is about such artifacts',
    thresholds: limit(0, { appliesTo: ['application/*'] }),
    facts: { artifactType: 'application/spdx+json' },
    gives: 'pass',
  },
  {
    name: 'pitfall 24: a rule that is about other artifacts',
    thresholds: limit(0, { appliesTo: ['application/vnd.cncf.*'] }),
    gives: 'error no-rule-evaluated',
  },
  ...[
    'oci.image.manifest.v1',
    'oci.image.config.v1',
    'oci.image.index.v1',
    'docker.distribution.manifest.v2',
    'docker.container.image.v1',
  ].map((type): PolicyCase => ({
    name: `pitfall 24: ${type} is an image`,
    facts: { artifactType: `application/vnd.${type}+json` },
    findings: [{}],
    gives: 'fail threshold-exceeded',
  })),
]

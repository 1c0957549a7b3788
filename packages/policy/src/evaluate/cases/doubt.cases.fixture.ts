import { createInventory, createUsage, limit, type PolicyCase, zlib } from './policy-case.fixture.ts'

const accept = (code: string) => ({ acceptedGaps: [{ code, images: '*', reason: 'r' }] })
const gap = (code: 'UNREADABLE' | 'DISTRO_UNKNOWN' | 'DATABASE_EMPTY') => ({
  inventory: createInventory([], { distro: undefined, gaps: [{ code, message: 'x' }] }),
})
const ignored = (expires?: string) => [
  { suppressed: { kind: 'waiver', status: 'ignored', source: '.trivyignore', expires } as const },
]
const executed = limit(0, { severity: 'critical', usage: 'executed' })

/** What contradicts itself, is in words that nobody knows, or held once. */
export const doubtCases: readonly PolicyCase[] = [
  {
    name: 'an ignore rule that has not expired',
    findings: ignored('2026-11-25T12:00:01Z'),
    gives: 'pass',
  },
  { name: 'an ignore rule without an end', findings: ignored(), gives: 'pass' },
  {
    name: 'pitfall 3: an ignore rule that expired since the scan',
    findings: ignored('2026-11-25T12:00:00Z'),
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'an ignore rule whose expiry nobody can read',
    findings: ignored('soon'),
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'a suppression of a kind that nobody knows',
    findings: [{ suppressed: { kind: 'model' as 'vex', status: 'not_affected', source: 'x' } }],
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'a complete coverage of no recording',
    thresholds: executed,
    facts: { traced: false, traceCoverage: 'complete' },
    findings: [{}],
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'a usage in a word that nobody knows beside executed',
    thresholds: executed,
    facts: { traced: true, usage: [createUsage('unheard' as 'present'), createUsage('executed')] },
    findings: [{}],
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'pitfall 6: no package, and a file that can not be read is accepted',
    tier: accept('UNREADABLE'),
    facts: gap('UNREADABLE'),
    gives: 'error gap-accepted coverage-gap',
  },
  {
    name: 'pitfall 6: no package, and an unknown distribution is accepted',
    tier: accept('DISTRO_UNKNOWN'),
    facts: gap('DISTRO_UNKNOWN'),
    gives: 'error gap-accepted coverage-gap',
  },
  {
    name: 'pitfall 6: no package, and an empty database is accepted',
    tier: accept('DATABASE_EMPTY'),
    facts: gap('DATABASE_EMPTY'),
    gives: 'pass gap-accepted',
  },
  {
    name: 'pitfall 24: a step failed for another artifact than an image',
    thresholds: limit(0, { appliesTo: ['*'] }),
    facts: {
      artifactType: 'application/vnd.cncf.helm.config.v1+json',
      failures: [{ step: 'verify', code: 'X', message: 'y' }],
    },
    gives: 'error step-failed',
  },
  {
    name: 'what failed for something that is no image, in a tier that audits',
    tier: { mode: 'audit' },
    thresholds: limit(0, { appliesTo: ['*'] }),
    facts: {
      artifactType: 'application/vnd.cncf.helm.config.v1+json',
      failures: [{ step: 'verify', code: 'X', message: 'y' }],
    },
    gives: 'error step-failed',
  },
  {
    name: 'a finding first disclosed before the epoch',
    thresholds: limit(0, { age: { since: 'disclosure', atLeast: '7d' } }),
    findings: [{ published: '1969-12-31T23:59:59Z' }],
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'a finding disclosed on a day that does not exist',
    thresholds: limit(0, { age: { since: 'disclosure', atLeast: '7d' } }),
    findings: [{ published: '2026-11-31' }],
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'a due date of a known exploited one that nobody can read',
    thresholds: limit(0, { kev: 'overdue' }),
    findings: [{ kev: { dateAdded: '2026-11-01', dueDate: 'later' } }],
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'a prediction that is no number',
    thresholds: limit(0, { epss: { atLeast: 0.5 } }),
    findings: [{ epss: { probability: Number.NaN, percentile: 0.1 } }],
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'a severity in a word that nobody knows',
    thresholds: limit(0, { severity: 'critical' }),
    findings: [{ severity: 'severe' as 'high' }],
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'a rule whose condition can not be answered',
    thresholds: limit(0, { severity: 'critical', when: 'image.user == "root"' }),
    gives: 'error condition-error',
  },
  {
    name: 'a rule whose condition can not be answered, beside one that holds',
    thresholds: [
      ...limit(9, { severity: 'critical' }),
      { name: 'when', severity: 'high', max: 0, when: 'image.created < now' },
    ],
    gives: 'error condition-error',
  },
  {
    name: 'a rule whose condition is false is the only one',
    thresholds: limit(0, { when: 'image.os == "windows"' }),
    findings: [{}],
    gives: 'error no-rule-evaluated',
  },
  {
    name: 'a finding of a package of the same name in another type',
    thresholds: limit(0, { package: 'pkg:npm/zlib1g' }),
    findings: [{}],
    gives: 'pass',
  },
  {
    name: 'a package is named with letters of another case',
    thresholds: limit(0, { package: 'pkg:DEB/Debian/ZLIB1G' }),
    findings: [{}],
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'a finding of unknown severity, known to be exploited',
    findings: [{ severity: 'unknown', kev: { dateAdded: '2026-11-01' }, purl: zlib }],
    gives: 'fail threshold-exceeded',
  },
]

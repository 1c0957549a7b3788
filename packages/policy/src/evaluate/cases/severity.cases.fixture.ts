import { limit, type PolicyCase } from './policy-case.fixture.ts'

const levels = ['negligible', 'low', 'medium', 'high', 'critical'] as const
const states = ['fixed', 'not-fixed', 'wont-fix', 'deferred', 'end-of-life', 'unknown'] as const

/** Severity, number and state of the fix. */
export const severityCases: readonly PolicyCase[] = [
  { name: 'no finding', gives: 'pass' },
  { name: 'one critical at 0', findings: [{}], gives: 'fail threshold-exceeded' },
  {
    name: 'one critical at 1',
    thresholds: limit(1, { severity: 'critical' }),
    findings: [{}],
    gives: 'pass',
  },
  {
    name: 'two critical at 1',
    thresholds: limit(1, { severity: 'critical' }),
    findings: [{}, { id: 'CVE-2024-1' }],
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'one vulnerability in two packages counts twice',
    thresholds: limit(1, { severity: 'critical' }),
    findings: [{}, { purl: 'pkg:deb/debian/minizip@1' }],
    gives: 'fail threshold-exceeded',
  },
  ...levels.map((severity): PolicyCase => ({
    name: `a rule for critical, and ${severity}`,
    findings: [{ severity }],
    gives: severity === 'critical' ? 'fail threshold-exceeded' : 'pass',
  })),
  ...levels.map((severity): PolicyCase => ({
    name: `a rule without severity counts ${severity}`,
    thresholds: limit(0),
    findings: [{ severity }],
    gives: 'fail threshold-exceeded',
  })),
  {
    name: 'a rule for a list of severities',
    thresholds: limit(1, { severity: ['high', 'critical'] }),
    findings: [{}, { id: 'CVE-2024-1', severity: 'high' }],
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'each rule has a limit of its own',
    thresholds: [
      { name: 'critical', severity: 'critical', max: 0 },
      { name: 'high', severity: 'high', max: 1 },
    ],
    findings: [{ severity: 'high' }],
    gives: 'pass',
  },
  {
    name: 'each broken rule is a reason',
    thresholds: [
      { name: 'critical', severity: 'critical', max: 0 },
      { name: 'all', max: 0 },
    ],
    findings: [{}],
    gives: 'fail threshold-exceeded threshold-exceeded',
  },
  {
    name: 'pitfall 7: unknown severity that no rule names is limited to 0',
    findings: [{ severity: 'unknown' }],
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'pitfall 7: unknown severity has its own limit',
    thresholds: limit(1, { severity: 'unknown' }),
    findings: [{ severity: 'unknown' }],
    gives: 'pass',
  },
  {
    name: 'pitfall 7: unknown severity above its own limit is one reason, not two',
    thresholds: limit(0, { severity: 'unknown' }),
    findings: [{ severity: 'unknown' }],
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'pitfall 7: a limit on all findings does not lift that on unknown ones',
    thresholds: limit(100),
    findings: [{ severity: 'unknown' }],
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'pitfall 7: unknown severity outside the bucket that names it is limited to 0',
    thresholds: limit(5, { severity: 'unknown', fix: 'fixed' }),
    findings: [{ severity: 'unknown' }],
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'unknown severity named in audit is not limited beside it',
    thresholds: [...limit(0, { severity: 'unknown', mode: 'audit' })],
    findings: [{ severity: 'unknown' }],
    gives: 'pass threshold-exceeded',
  },
  {
    name: 'unknown severity named in a rule that is off is limited to 0',
    thresholds: [
      ...limit(9, { severity: 'unknown', mode: 'off' }),
      { name: 'c', severity: 'critical', max: 0 },
    ],
    findings: [{ severity: 'unknown' }],
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'a severity in a word that nobody knows counts as unknown',
    findings: [{ severity: 'catastrophic' as 'critical' }],
    gives: 'fail threshold-exceeded',
  },
  ...states.map((state): PolicyCase => ({
    name: `a rule for what is fixed, and ${state}`,
    thresholds: limit(0, { fix: 'fixed' }),
    findings: [{ fix: { state, versions: [] } }],
    gives: state === 'fixed' ? 'fail threshold-exceeded' : 'pass',
  })),
  ...states.map((state): PolicyCase => ({
    name: `a rule for ${state} counts it`,
    thresholds: limit(0, { fix: state }),
    findings: [{ fix: { state, versions: [] } }],
    gives: 'fail threshold-exceeded',
  })),
  {
    name: 'pitfall 14: a version that this release will not get is no fix',
    thresholds: limit(0, { severity: 'critical', fix: 'fixed' }),
    findings: [{ fix: { state: 'wont-fix', versions: ['1:1.3'] } }],
    gives: 'pass',
  },
  {
    name: 'severity and fix must both be so',
    thresholds: limit(0, { severity: 'high', fix: 'fixed' }),
    findings: [{ severity: 'high' }, { fix: { state: 'fixed', versions: ['2'] }, id: 'CVE-2024-1' }],
    gives: 'pass',
  },
  {
    name: 'a flaw of the kernel in its headers is left out by name',
    thresholds: limit(0, { severity: 'critical', except: 'kernel-not-shipped' }),
    findings: [{ note: 'kernel-not-shipped' }],
    gives: 'pass',
  },
  {
    name: 'a flaw of the kernel in its headers counts unless it is left out',
    findings: [{ note: 'kernel-not-shipped' }],
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'what is left out of a rule for unknown severity is limited by it',
    thresholds: limit(0, { severity: 'unknown', except: 'kernel-not-shipped' }),
    findings: [{ severity: 'unknown', note: 'kernel-not-shipped' }],
    gives: 'pass',
  },
  {
    name: 'what trusted VEX says is not affected does not count',
    findings: [{ suppressed: { kind: 'vex', status: 'not_affected', source: 'vex.json' } }],
    gives: 'pass',
  },
  {
    name: 'what an imported ignore rule names does not count',
    findings: [{ suppressed: { kind: 'waiver', status: 'ignored', source: '.trivyignore' } }],
    gives: 'pass',
  },
  {
    name: 'pitfall 13: what only a scanner set aside counts',
    findings: [{ suppressed: { kind: 'scanner', status: 'ignored', source: 'trivy' } }],
    gives: 'fail threshold-exceeded',
  },
]

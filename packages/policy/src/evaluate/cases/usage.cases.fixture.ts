import { createUsage, limit, type PolicyCase, zlib } from './policy-case.fixture.ts'

type Usage = NonNullable<PolicyCase['usage']>
const usages: readonly Usage[] = ['executed', 'loaded', 'linked', 'possible', 'present']

/** Whether a rule for `asked` counts what is `found`, with recordings and without. */
const counts: Readonly<Record<'traced' | 'untraced', (asked: Usage, found: Usage) => boolean>> = {
  traced: (asked, found) => asked === found,
  untraced: (asked, found) =>
    asked === found ||
    ((asked === 'executed' || asked === 'loaded') && (found === 'linked' || found === 'possible')),
}

const pairs = usages.flatMap((asked) => usages.map((found) => ({ asked, found })))
const executed = limit(0, { severity: 'critical', usage: 'executed' })

/** How the package is used, and what recordings must have for that to relax anything. */
export const usageCases: readonly PolicyCase[] = [
  ...pairs.map(({ asked, found }): PolicyCase => ({
    name: `without a recording a rule for ${asked}, and ${found}`,
    thresholds: limit(0, { usage: asked }),
    findings: [{}],
    usage: found,
    gives: counts.untraced(asked, found) ? 'fail threshold-exceeded' : 'pass',
  })),
  ...pairs.map(({ asked, found }): PolicyCase => ({
    name: `with a complete recording a rule for ${asked}, and ${found}`,
    thresholds: limit(0, { usage: asked }),
    findings: [{}],
    usage: found,
    facts: { traceCoverage: 'complete' },
    gives: counts.traced(asked, found) ? 'fail threshold-exceeded' : 'pass',
  })),
  {
    name: 'a partial recording does not do where a complete one is asked for',
    thresholds: executed,
    findings: [{}],
    facts: { traceCoverage: 'partial' },
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'a partial recording does where the tier says so',
    thresholds: executed,
    tier: { traceCoverage: 'partial' },
    findings: [{}],
    facts: { traceCoverage: 'partial' },
    gives: 'pass',
  },
  {
    name: 'a complete recording does where a partial one is asked for',
    thresholds: executed,
    tier: { traceCoverage: 'partial' },
    findings: [{}],
    facts: { traceCoverage: 'complete' },
    gives: 'pass',
  },
  {
    name: 'no recording does not do where a partial one is asked for',
    thresholds: executed,
    tier: { traceCoverage: 'partial' },
    findings: [{}],
    facts: { traceCoverage: 'none' },
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'facts that are traced have a complete recording',
    thresholds: executed,
    findings: [{}],
    facts: { traced: true },
    gives: 'pass',
  },
  {
    name: 'a package that nobody analysed is possible, so without a recording it may be executed',
    thresholds: executed,
    findings: [{}],
    facts: { usage: [] },
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'a package that is installed twice counts as used as where it is used most',
    thresholds: executed,
    findings: [{}],
    facts: {
      traced: true,
      usage: [createUsage('present'), createUsage('executed'), createUsage('possible')],
    },
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'usage of another package says nothing',
    thresholds: executed,
    findings: [{ purl: zlib.replace('zlib1g', 'minizip') }],
    usage: 'present',
    gives: 'fail threshold-exceeded',
  },
  {
    name: 'unknown severity in what is only linked is not named by a rule for what is executed',
    thresholds: limit(5, { severity: 'unknown', usage: 'executed' }),
    findings: [{ severity: 'unknown' }],
    gives: 'fail threshold-exceeded',
  },
]

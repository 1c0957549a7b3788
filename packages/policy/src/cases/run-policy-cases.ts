import type { Decision } from '../decision.ts'
import type { Policy } from '../document/policy.ts'
import { PolicyError } from '../errors.ts'
import { decide } from '../evaluate/decide.ts'
import type { CaseDifference, CaseResult } from './case-result.ts'
import { measureCoverage, type PolicyCoverage } from './measure-coverage.ts'
import type { CaseExpectation, PolicyCase } from './policy-case.ts'
import { toFacts } from './to-facts.ts'

/** How all cases ended, and what they never tried. */
export interface PolicyCasesReport {
  /** How many passed. */
  readonly passed: number
  /** How many did not. */
  readonly failed: number
  /** How each ended, in their order. */
  readonly results: readonly CaseResult[]
  /** What no case tried. */
  readonly coverage: PolicyCoverage
}

/** Evaluates a policy over a table of cases. What can not be evaluated is a case that failed. */
export function runPolicyCases(policy: Policy, cases: readonly PolicyCase[]): PolicyCasesReport {
  const results = cases.map((given) => runCase(policy, given))
  const passed = results.filter((result) => result.passed).length
  return {
    passed,
    failed: results.length - passed,
    results,
    coverage: measureCoverage(policy, cases, results),
  }
}

function runCase(
  policy: Policy,
  { name, tier, now, facts, waivers, breakGlass, expect }: PolicyCase,
): CaseResult {
  const failure = (actual: string): CaseResult => ({
    name,
    tier,
    passed: false,
    differences: [{ what: 'verdict', expected: expect.verdict, actual }],
  })
  const time = new Date(now)
  if (Number.isNaN(time.getTime())) return failure(`no decision: "${now}" is no time`)
  try {
    const given = 'subject' in facts ? facts : toFacts(facts, time)
    const decision = decide(given, policy, { tier, now: time, waivers, breakGlass })
    const differences = compare(decision, expect)
    return { name, tier, passed: differences.length === 0, differences, decision }
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error
    return failure(`no decision: ${error.code}: ${error.message}`)
  }
}

function compare(decision: Decision, expect: CaseExpectation): readonly CaseDifference[] {
  const differences: CaseDifference[] = []
  const check = (what: string, expected: string, actual: string) => {
    if (expected !== actual) differences.push({ what, expected, actual })
  }
  const codes = (notes: boolean) =>
    decision.reasons.filter(({ effect }) => (effect === 'note') === notes).map(({ code }) => code)
  check('verdict', expect.verdict, decision.verdict)
  if (expect.reasons) check('reasons', listed(expect.reasons), listed(codes(false)))
  if (expect.notes) {
    const present = new Set(codes(true))
    const missing = expect.notes.filter((code) => !present.has(code))
    if (missing.length > 0) check('notes', listed(expect.notes), listed([...present]))
  }
  for (const [name, state] of Object.entries(expect.rules ?? {})) {
    const rule = decision.rules.find((entry) => entry.rule === name)
    check(`rule ${name}`, state, rule === undefined ? 'not evaluated' : rule.holds ? 'holds' : 'broken')
  }
  for (const [id, state] of Object.entries(expect.waivers ?? {})) {
    check(
      `waiver ${id}`,
      state,
      decision.waivers.find((entry) => entry.id === id)?.state ?? 'not of this tier',
    )
  }
  return differences
}

const listed = (codes: readonly string[]): string => [...new Set(codes)].sort().join(', ') || 'none'

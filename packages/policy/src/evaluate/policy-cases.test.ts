import { describe, expect, it } from 'vitest'
import { ageCases } from './cases/age.cases.fixture.ts'
import { doubtCases } from './cases/doubt.cases.fixture.ts'
import { exploitationCases } from './cases/exploitation.cases.fixture.ts'
import { decideCase, summarize } from './cases/policy-case.fixture.ts'
import { coverageCases } from './cases/coverage.cases.fixture.ts'
import { trustCases } from './cases/trust.cases.fixture.ts'
import { scopeCases } from './cases/scope.cases.fixture.ts'
import { severityCases } from './cases/severity.cases.fixture.ts'
import { termsCases } from './cases/terms.cases.fixture.ts'
import { usageCases } from './cases/usage.cases.fixture.ts'

const cases = [
  ...severityCases,
  ...usageCases,
  ...ageCases,
  ...exploitationCases,
  ...scopeCases,
  ...coverageCases,
  ...trustCases,
  ...termsCases,
  ...doubtCases,
]

describe('policy case', () => {
  it.each(cases.map((given) => [given.name, given.gives, given] as const))(
    '%s: %s',
    (_name, _gives, given) => {
      expect(summarize(decideCase(given))).toBe(given.gives)
    },
  )

  it('has a table of at least 150 with names of their own', () => {
    expect(cases.length).toBeGreaterThanOrEqual(150)
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
  })
})

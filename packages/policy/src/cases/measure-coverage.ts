import type { Policy } from '../document/policy.ts'
import type { PolicyCase } from './policy-case.ts'
import type { CaseResult } from './case-result.ts'

/** A rule of a tier. */
export interface CoveredRule {
  /** Name of the tier. */
  readonly tier: string
  /** Name of the rule. */
  readonly rule: string
}

/** What a table of cases never tried. */
export interface PolicyCoverage {
  /** Tiers that no case is about. */
  readonly tiersWithoutCase: readonly string[]
  /** Rules that no case broke: whether they stop anything is not shown. */
  readonly neverBroken: readonly CoveredRule[]
  /** Rules that held in no case: whether they let anything through is not shown. */
  readonly neverHeld: readonly CoveredRule[]
  /** Ids of waivers that no case applied. */
  readonly waiversNeverApplied: readonly string[]
}

/** Says which rules of which tiers a table of cases never tried. Tiers without a case are named, not their rules. */
export function measureCoverage(
  policy: Policy,
  cases: readonly PolicyCase[],
  results: readonly CaseResult[],
): PolicyCoverage {
  const keyOf = (tier: string, rule: string) => `${tier}\n${rule}`
  const broken = new Set<string>()
  const held = new Set<string>()
  const applied = new Set<string>()
  for (const { tier, decision } of results) {
    for (const { rule, holds, applies } of decision?.rules ?? []) {
      if (!holds) broken.add(keyOf(tier, rule))
      else if (applies !== false) held.add(keyOf(tier, rule))
    }
    for (const { id, state } of decision?.waivers ?? []) if (state === 'applied') applied.add(id)
  }
  const tried = new Set(cases.map(({ tier }) => tier))
  const rules = [...policy.tiers.values()]
    .filter(({ name }) => tried.has(name))
    .flatMap(({ name, rules: own }) => own.map((rule) => ({ tier: name, rule: rule.name })))
  const ids = new Set(
    cases.flatMap(({ waivers = [] }) => waivers.flatMap((file) => file.waivers.map(({ id }) => id))),
  )
  return {
    tiersWithoutCase: [...policy.tiers.keys()].filter((name) => !tried.has(name)),
    neverBroken: rules.filter(({ tier, rule }) => !broken.has(keyOf(tier, rule))),
    neverHeld: rules.filter(({ tier, rule }) => !held.has(keyOf(tier, rule))),
    waiversNeverApplied: [...ids].filter((id) => !applied.has(id)).sort(),
  }
}

import { parsePolicy } from '@sallyport/policy'
import type { Finding } from '@sallyport/scan'
import { describe, expect, it } from 'vitest'
import { needsUsage } from './needs-usage.ts'

const rulesOf = (tier: string) =>
  parsePolicy(`version: 1\ntiers:\n  prod: ${tier}\n`, { source: 'gate.yaml' }).tiers.get('prod')!.rules

describe('needsUsage', () => {
  const indifferent = rulesOf(
    '{ thresholds: [{ name: none, severity: critical, usage: [executed], max: 0 }], requirements: { secrets: {} } }',
  )

  it('is false without findings under preconditions, thresholds and requirements', () => {
    expect(indifferent.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['precondition', 'threshold', 'secrets']),
    )
    expect(needsUsage(indifferent, [])).toBe(false)
  })

  it('is true with a finding, which a reader wants to have explained', () => {
    expect(needsUsage(indifferent, [{} as Finding])).toBe(true)
  })

  it('is true with a rule in CEL, also one that would be looser without it', () => {
    const rules = rulesOf(
      `{ rules: [{ name: no shell runs, expression: "!packages.exists(p, p.usage == 'executed')" }] }`,
    )
    expect(needsUsage(rules, [])).toBe(true)
  })

  it('is true with a kind of rule that it does not know', () => {
    expect(needsUsage([...indifferent, { kind: 'rego' }], [])).toBe(true)
  })
})

import { describe, expect, it } from 'vitest'
import { parsePolicy } from '../document/parse-policy.ts'
import { decideCase, limit } from './cases/policy-case.fixture.ts'

describe('pitfall 22: audit and enforcement', () => {
  it('find the same', () => {
    const judged = (['enforce', 'warn', 'audit'] as const).map((mode) => {
      const { rules, findings, reasons } = decideCase({
        tier: { mode },
        thresholds: limit(0),
        findings: [{}],
      })
      return {
        rules: rules.map((rule) => ({ ...rule, mode: 'any' })),
        findings,
        reasons: reasons.map((reason) => ({ ...reason, effect: 'any' })),
      }
    })
    expect(judged[0]!.reasons).toHaveLength(1)
    expect(judged[1]).toEqual(judged[0])
    expect(judged[2]).toEqual(judged[0])
  })
})

it('pitfall 19: a policy can not carry the exceptions to itself', () => {
  const text = `version: 1
tiers: { prod: { thresholds: [{ name: none, severity: critical, max: 0 }] } }
waivers: []
`
  expect(() => parsePolicy(text, { source: 'gate.yaml' })).toThrow(/gate\.yaml:3:10 waivers: moved/)
})

it('pitfall 15: what is disclosed after a promotion has its grace from when it was first seen here', () => {
  const at = '2026-11-25T12:00:00.000Z'
  const judge = (now: string) =>
    decideCase({
      thresholds: limit(0, { age: { since: 'first-seen', atLeast: '7d' } }),
      tier: { preconditions: { dataAge: { atMost: '60d', loosen: 'the data stand still in this test' } } },
      findings: [{}],
      facts: { firstSeen: [{ id: 'CVE-2023-45853', purl: 'pkg:deb/debian/zlib1g', at }] },
      now,
    }).verdict
  expect(judge(at)).toBe('pass')
  expect(judge('2026-12-02T11:59:59.999Z')).toBe('pass')
  expect(judge('2026-12-02T12:00:00.000Z')).toBe('fail')
})

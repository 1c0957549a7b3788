import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { describeTier } from './describe-tier.ts'
import { formatTier } from './format-tier.ts'
import { parsePolicy } from './parse-policy.ts'
import { testKinds } from './test-kinds.fixture.ts'

const policy = parsePolicy(
  `version: 1
tiers:
  base:
    thresholds:
      - { name: critical, severity: [critical], max: 0 }
      - { name: high, severity: [high], max: 5, remedy: "first\\nthen \\u202e" }
    requirements:
      labels: { names: [owner] }
      signed: {}
    accept:
      - { gap: NO_PACKAGES, images: 'a/*', reason: 'scratch: nothing in it' }
  prod:
    extends: base
    thresholds:
      - { name: high, max: 9, loosen: a pilot }
    requirements:
      labels: [{ name: more, names: [source], mode: warn }]
    preconditions: { freshness: { mode: enforce } }
    freeze:
      - { name: holidays, from: 2026-12-24, until: 2026-12-26, reason: nobody is here }
`,
  { source: 'gate.yaml', kinds: testKinds },
)

describe('describeTier', () => {
  it('tells of each value where it was written', () => {
    const { ancestors, values, loosenings } = describeTier(policy, 'prod')
    const at = (...path: string[]) => values.find((value) => value.path.join('/') === path.join('/'))
    expect(ancestors).toEqual(['base'])
    expect(at('mode')).toMatchObject({ value: 'enforce', origin: {} })
    expect(at('thresholds', 'high', 'max')).toMatchObject({ value: 9, origin: { tier: 'prod', line: 15, column: 28 } })
    expect(at('thresholds', 'high', 'severity')).toMatchObject({ value: ['high'], origin: { tier: 'base', line: 6 } })
    expect(at('thresholds', 'high')).toMatchObject({ value: 'high', origin: { tier: 'base', line: 6, column: 9 } })
    expect(at('preconditions', 'freshness')).toMatchObject({ origin: {} })
    expect(at('preconditions', 'freshness', 'atMost')).toMatchObject({ value: '5d', origin: {} })
    expect(at('preconditions', 'freshness', 'mode')).toMatchObject({ origin: { tier: 'prod', line: 18 } })
    expect(at('waivers', 'nearExpiry')).toMatchObject({ value: '14d', origin: {} })
    expect(loosenings).toEqual([
      {
        part: 'thresholds "high"',
        path: ['max'],
        was: '5',
        from: { tier: 'base', line: 6, column: 46 },
        reason: 'a pilot',
        at: { tier: 'prod', line: 15, column: 28 },
      },
    ])
  })

  it('refuses a tier that there is not', () => {
    expect(() => describeTier(policy, 'stage')).toThrow(
      expect.objectContaining({ code: 'TIER_UNKNOWN', message: 'gate.yaml: no tier "stage"; there are: base, prod' }),
    )
  })
})

describe('formatTier', () => {
  const text = formatTier(describeTier(policy, 'prod'))

  it('writes YAML with an origin on every line of a value', () => {
    expect(text).toMatchInlineSnapshot()
  })

  it('writes what loads as a tier of its own, with the same rules', () => {
    const tier = parse(text) as Record<string, unknown>
    const again = parsePolicy(JSON.stringify({ version: 1, tiers: { prod: tier } }), {
      source: 'again',
      kinds: testKinds,
    }).tiers.get('prod')!
    const expected = policy.tiers.get('prod')!
    const shown = ({ rules, ...rest }: typeof expected) => ({
      ...rest,
      ancestors: undefined,
      values: undefined,
      loosenings: undefined,
      rules: rules.map(({ evaluate: _, ...rule }) => rule),
    })
    expect(shown(again)).toEqual(shown(expected))
  })

  it('writes nothing that ends a line or turns the text', () => {
    const [first] = formatTier({
      ...describeTier(policy, 'prod'),
      policy: { source: 'a\nmode: off\u202e', digest: policy.digest },
    }).split('\n')
    expect(first).toBe(`# tier prod of a\\u000amode: off\\u202e (${policy.digest})`)
    expect(text).toContain('remedy: "first\\nthen \\u202e" # base')
  })
})

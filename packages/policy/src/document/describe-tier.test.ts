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
    expect(at('thresholds', 'high', 'max')).toMatchObject({
      value: 9,
      origin: { tier: 'prod', line: 15, column: 28 },
    })
    expect(at('thresholds', 'high', 'severity')).toMatchObject({
      value: ['high'],
      origin: { tier: 'base', line: 6 },
    })
    expect(at('thresholds', 'high')).toMatchObject({
      value: 'high',
      origin: { tier: 'base', line: 6, column: 9 },
    })
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
      expect.objectContaining({
        code: 'TIER_UNKNOWN',
        message: 'gate.yaml: no tier "stage"; there are: base, prod',
      }),
    )
  })
})

describe('formatTier', () => {
  const text = formatTier(describeTier(policy, 'prod'))

  it('writes YAML with an origin on every line of a value', () => {
    expect(text).toMatchInlineSnapshot(`
      "# tier prod of gate.yaml (sha256:b997e9545dc6e531eff247706e10f68cc1f12066164cc4b95352416aa89cadad)
      # extends base
      mode: enforce # built in
      preconditions:
        freshness: # built in
          mode: enforce # prod 18:41
          atMost: 5d # built in
      thresholds:
        - name: critical # base 5:9
          severity: [ critical ] # base 5:37
          max: 0 # base 5:54
        - name: high # base 6:9
          remedy: "first\\nthen \\u202e" # base 6:57
          severity: [ high ] # base 6:33
          max: 9 # prod 15:28
      requirements:
        labels:
          - name: labels # base 8:15
            names: [ owner ] # base 8:24
          - name: more # prod 17:16
            mode: warn # prod 17:53
            names: [ source ] # prod 17:37
        signed:
          - name: signed # base 9:15
      accept:
        - gap: NO_PACKAGES # base 11:16
          images: a/* # base 11:37
          reason: "scratch: nothing in it" # base 11:52
      waivers:
        allowed: true # built in
        nearExpiry: 14d # built in
        approverRequired: false # built in
      breakGlass:
        allowed: false # built in
        maxLifetime: 24h # built in
      trace:
        coverage: complete # built in
      freeze:
        - name: holidays # prod 20:9
          from: 2026-12-24 # prod 20:33
          until: 2026-12-26 # prod 20:52
          reason: nobody is here # prod 20:72
      # looser than what is inherited:
      # - thresholds "high" max (prod 15:28): was 5 (base 6:46); a pilot
      "
    `)
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
      rules: rules.map((rule) => ({ ...rule, evaluate: undefined })),
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

import { describe, expect, it } from 'vitest'
import { PolicyError } from '../errors.ts'
import { parsePolicy } from './parse-policy.ts'
import { testKinds } from './test-kinds.fixture.ts'

const source = 'gate.yaml'
const base = `version: 1
tiers:
  base:
    preconditions:
      freshness: { atMost: 3d }
    thresholds:
      - { name: critical, severity: [critical], max: 0 }
      - { name: high, severity: [high], fixed: true, max: 5, enforceFrom: 2027-01-01, appliesTo: [image, a/b] }
      - { name: low, severity: [low], max: 9, mode: warn }
    requirements:
      labels: { names: [owner, source] }
    rules:
      - { name: may run, expression: signed }
    accept:
      - { gap: NO_PACKAGES, images: 'prod/*', reason: static }
    waivers: { maxLifetime: 30d, approverRequired: true }
    breakGlass: { allowed: true, maxLifetime: 8h, actors: [a, b] }
    freeze:
      - { name: holidays, from: 2026-12-24, until: 2026-12-26, reason: nobody is here, except: [prod/fix] }
  prod:
    extends: base
`
const line = base.split('\n').length

function read(tier: string) {
  return parsePolicy(`${base}    ${tier}\n`, { source, kinds: testKinds })
}

function refusal(tier: string): string {
  try {
    read(tier)
  } catch (error) {
    if (error instanceof PolicyError && error.code === 'POLICY_INVALID') return error.message
    throw error
  }
  throw new Error('the document was accepted')
}

describe('a tier that extends another one', () => {
  it('has the rules of its parent in their order, and its own after them', () => {
    const tier = read('thresholds: [{ name: any, max: 50 }, { name: critical, max: 0 }]').tiers.get('prod')!
    expect(tier.rules.map(({ name, mode, kind }) => `${kind} ${name} ${mode}`)).toEqual([
      'precondition freshness enforce',
      'threshold critical enforce',
      'threshold high enforce',
      'threshold low warn',
      'threshold any enforce',
      'labels labels enforce',
      'cel may run enforce',
    ])
    expect(tier).toMatchObject({
      ancestors: ['base'],
      acceptedGaps: [{ code: 'NO_PACKAGES', images: 'prod/*' }],
      waivers: { allowed: true, maxLifetimeMs: 30 * 86_400_000, approverRequired: true },
      breakGlass: { allowed: true, maxLifetimeMs: 8 * 3_600_000, actors: ['a', 'b'] },
      freeze: [{ name: 'holidays' }],
      loosenings: [],
    })
  })

  it('inherits each field of a rule that it does not write', () => {
    const rule = read('thresholds: [{ name: high, max: 2, remedy: upgrade }]').tiers.get('prod')!.rules[2]
    expect(rule).toMatchObject({
      name: 'high',
      enforceFrom: '2027-01-01T00:00:00.000Z',
      appliesTo: ['image', 'a/b'],
      remedy: 'upgrade',
    })
  })

  it.each([
    'mode: enforce',
    'thresholds: [{ name: critical, severity: [critical, high] }]',
    'thresholds: [{ name: high, max: 4, severity: [high, low] }]',
    'thresholds: [{ name: high, enforceFrom: 2026-12-31 }]',
    'thresholds: [{ name: high, enforceFrom: 2027-01-01T00:00:00Z }]',
    'thresholds: [{ name: high, enforceFrom: 2027-01-01T01:00:00+02:00 }]',
    'thresholds: [{ name: high, appliesTo: [image, a/b, c] }]',
    'thresholds: [{ name: high, appliesTo: ["*"] }]',
    'thresholds: [{ name: high, remedy: other words }]',
    'thresholds: [{ name: low, mode: enforce }]',
    'thresholds: [{ name: low, mode: enforce, enforceFrom: 2030-01-01 }]',
    'thresholds: [{ name: new, max: 1000, mode: audit }]',
    'preconditions: { freshness: { atMost: 1d } }',
    'requirements: { labels: { names: [owner, source, more] } }',
    'requirements: { labels: [{ name: more, names: [x] }], signed: {} }',
    'rules: [{ name: may run, expression: signed, remedy: sign it }]',
    'accept: []',
    'accept: [{ gap: NO_PACKAGES, images: prod/static, reason: other }]',
    'accept: [{ gap: NO_PACKAGES, images: "prod/*/x*", reason: other }]',
    'waivers: { allowed: false }',
    'waivers: { maxLifetime: 4w, nearExpiry: 3d }',
    'breakGlass: { allowed: false }',
    'breakGlass: { actors: [a], maxLifetime: 479m }',
    'freeze: [{ name: more, from: 2027-01-01, until: 2027-01-02, reason: r }]',
    'freeze: [{ name: holidays, from: 2026-12-23, until: 2027-01-02, except: [] }]',
    'trace: { coverage: complete }',
  ])('may tighten: %s', (tier) => {
    expect(read(tier).tiers.get('prod')!.loosenings).toEqual([])
  })

  const by = (was: string, line_: number, column: number) =>
    `is looser than ${was}, which tier "base" asks for (${line_}:${column}); tighten it, or say why in \`loosen\``

  it.each([
    ['thresholds: [{ name: critical, max: 1 }]', 41, `thresholds[0].max: "max" ${by('0', 7, 54)}`],
    [
      'thresholds: [{ name: critical, severity: [high] }]',
      46,
      `thresholds[0].severity: "severity" ${by('critical', 7, 37)}`,
    ],
    ['thresholds: [{ name: critical, fixed: true }]', 43, `thresholds[0].fixed: "fixed" ${by('any', 7, 9)}`],
    [
      'thresholds: [{ name: critical, mode: warn }]',
      42,
      `thresholds[0].mode: "mode" is looser than enforce, the built-in default; tighten it, or say why in \`loosen\``,
    ],
    ['thresholds: [{ name: low, mode: off }]', 37, `thresholds[0].mode: "mode" ${by('warn', 9, 53)}`],
    [
      'thresholds: [{ name: critical, enforceFrom: 2027-01-01 }]',
      49,
      `thresholds[0].enforceFrom: "enforceFrom" ${by('at once', 7, 9)}`,
    ],
    [
      'thresholds: [{ name: high, enforceFrom: 2027-01-01T00:00:00.001Z }]',
      45,
      `thresholds[0].enforceFrom: "enforceFrom" ${by('2027-01-01T00:00:00.000Z', 8, 75)}`,
    ],
    [
      'thresholds: [{ name: high, appliesTo: [image] }]',
      43,
      `thresholds[0].appliesTo: "appliesTo" ${by('a/b', 8, 98)}`,
    ],
    [
      'thresholds: [{ name: critical, appliesTo: [c] }]',
      47,
      `thresholds[0].appliesTo: "appliesTo" ${by('image', 7, 9)}`,
    ],
    [
      'preconditions: { freshness: { atMost: 4d } }',
      43,
      `preconditions.freshness.atMost: "atMost" ${by('3d', 5, 28)}`,
    ],
    [
      'requirements: { labels: { names: [owner] } }',
      38,
      `requirements.labels.names: "names" ${by('owner, source', 11, 24)}`,
    ],
    [
      'rules: [{ name: may run, expression: "true" }]',
      42,
      `rules[0].expression: "expression" ${by('signed', 13, 38)}`,
    ],
    ['waivers: { maxLifetime: 31d }', 29, `waivers.maxLifetime: "maxLifetime" ${by('30d', 16, 29)}`],
    [
      'waivers: { approverRequired: false }',
      34,
      `waivers.approverRequired: "approverRequired" ${by('true', 16, 52)}`,
    ],
    ['breakGlass: { maxLifetime: 481m }', 32, `breakGlass.maxLifetime: "maxLifetime" ${by('8h', 17, 47)}`],
    ['breakGlass: { actors: [a, c] }', 27, `breakGlass.actors: "actors" ${by('a, b', 17, 59)}`],
    [
      'freeze: [{ name: holidays, from: 2026-12-25 }]',
      38,
      `freeze[0].from: "from" ${by('2026-12-24T00:00:00.000Z', 19, 33)}`,
    ],
    [
      'freeze: [{ name: holidays, until: 2026-12-25 }]',
      39,
      `freeze[0].until: "until" ${by('2026-12-27T00:00:00.000Z', 19, 52)}`,
    ],
    [
      'freeze: [{ name: holidays, except: [prod/fix, x] }]',
      40,
      `freeze[0].except: "except" ${by('prod/fix', 19, 96)}`,
    ],
    [
      'mode: warn',
      11,
      'mode: "mode" is looser than enforce, the built-in default; tighten it, or say why in `loosen`',
    ],
    [
      'trace: { coverage: partial }',
      24,
      'trace.coverage: "coverage" is looser than complete, the built-in default; tighten it, or say why in `loosen`',
    ],
    [
      'accept: [{ gap: NO_PACKAGES, images: "*", reason: r }]',
      21,
      'accept[0].gap: "gap" is looser than none for such images, which tier "base" asks for; tighten it, or say why in `loosen`',
    ],
    [
      'accept: [{ gap: DATABASE_MISSING, images: prod/x, reason: r }]',
      21,
      'accept[0].gap: "gap" is looser than none for such images, which tier "base" asks for; tighten it, or say why in `loosen`',
    ],
  ])('may not loosen unsaid: %s', (tier, column, message) => {
    expect(refusal(tier)).toBe(`${source}:${line}:${column} tiers.prod.${message}`)
    const said = tier.startsWith('mode')
      ? `${tier}\n    loosen: so it is`
      : tier.replace(/ \}(?=\]?$| \}$)/, ', loosen: so it is }')
    const { loosenings = [] } = read(said).tiers.get('prod')!
    expect(loosenings).toHaveLength(1)
    expect(loosenings[0]).toMatchObject({ reason: 'so it is', at: { tier: 'prod', line, column } })
  })

  it('names each field that is looser, and needs one reason for a rule', () => {
    const tier = 'thresholds: [{ name: high, max: 9, mode: warn, severity: [low] }]'
    expect(refusal(tier).split('\n')).toHaveLength(3)
    const { loosenings = [] } = read(tier.replace(' }]', ', loosen: why }]')).tiers.get('prod')!
    expect(loosenings.map(({ part, path, was }) => `${part} ${path.join('.')} ${was}`).toSorted()).toEqual([
      'thresholds "high" max 5',
      'thresholds "high" mode enforce',
      'thresholds "high" severity high',
    ])
  })

  it('needs a reason for the mode of the tier, and another one for that of a rule', () => {
    expect(() =>
      read('mode: warn\n    loosen: why\n    thresholds: [{ name: critical, mode: audit }]'),
    ).toThrow(/thresholds\[0\]\.mode: "mode" is looser than enforce/)
    const tier = read(
      'mode: warn\n    loosen: why\n    thresholds: [{ name: critical, mode: enforce }]',
    ).tiers.get('prod')!
    expect(tier.rules.map(({ name, mode }) => `${name} ${mode}`)).toEqual([
      'freshness enforce',
      'critical enforce',
      'high warn',
      'low warn',
      'labels warn',
      'may run warn',
    ])
  })

  it('can not drop a rule without a reason, whatever it does', () => {
    expect(() => read('thresholds: []')).not.toThrow()
    expect(read('thresholds: []').tiers.get('prod')!.rules).toHaveLength(6)
    expect(refusal('thresholds: [{ name: critical, mode: off }]')).toMatch(/"mode" is looser/)
  })

  it('is held against a grandparent through its parent', () => {
    const text = `${base}    thresholds: [{ name: critical, max: 3, loosen: a pilot }]
  lab:
    extends: prod
    thresholds: [{ name: critical, max: 2 }, { name: high, max: 6 }]
`
    expect(() => parsePolicy(text, { source, kinds: testKinds })).toThrow(
      `${source}:${line + 3}:65 tiers.lab.thresholds[1].max: "max" ${by('5', 8, 59)}`,
    )
    const lab = parsePolicy(text.replace(', { name: high, max: 6 }', ''), {
      source,
      kinds: testKinds,
    }).tiers.get('lab')!
    expect(lab.ancestors).toEqual(['prod', 'base'])
    expect(lab.loosenings).toMatchObject([
      { reason: 'a pilot', from: { tier: 'base' }, at: { tier: 'prod' } },
    ])
  })

  it('may stand before its parent', () => {
    const text = `version: 1\ntiers:\n  prod: { extends: base }\n  base: { thresholds: [{ name: a, max: 0 }] }\n`
    const { tiers } = parsePolicy(text, { source, kinds: testKinds })
    expect([...tiers.keys()]).toEqual(['prod', 'base'])
    expect(tiers.get('prod')!.rules.map(({ name }) => name)).toEqual(['freshness', 'a'])
  })

  it('may have a parent that only holds what is common', () => {
    const text = `version: 1\ntiers:\n  common: { waivers: { maxLifetime: 30d } }\n  prod: { extends: common, thresholds: [{ name: a, max: 0 }] }\n`
    expect(parsePolicy(text, { source, kinds: testKinds }).tiers.get('prod')!.waivers.maxLifetimeMs).toBe(
      30 * 86_400_000,
    )
  })
})

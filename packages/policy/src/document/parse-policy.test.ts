import { digestOf } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { definePolicy, parsePolicy } from './parse-policy.ts'

const minimal = `version: 1
tiers:
  prod:
    thresholds:
      - { name: no critical, severity: critical, max: 0 }
`
const source = 'gate.yaml'

describe('parsePolicy', () => {
  it('reads the three-line policy, with every default on', () => {
    const policy = parsePolicy(
      'version: 1\ntiers:\n  prod: { thresholds: [{ name: no critical, severity: critical, max: 0 }] }\n',
      { source },
    )
    const tier = policy.tiers.get('prod')!
    expect(tier).toMatchObject({
      name: 'prod',
      mode: 'enforce',
      ancestors: [],
      acceptedGaps: [],
      waivers: { allowed: true, nearExpiryMs: 14 * 86_400_000, approverRequired: false },
      breakGlass: { allowed: false, maxLifetimeMs: 86_400_000 },
      freeze: [],
      traceCoverage: 'complete',
      loosenings: [],
    })
    expect(tier.rules.map(({ kind, name, mode }) => `${kind} ${name} ${mode}`)).toEqual([
      'precondition subject enforce',
      'precondition scan enforce',
      'precondition platforms enforce',
      'precondition coverage enforce',
      'precondition distro enforce',
      'precondition packages enforce',
      'precondition dataAge enforce',
      'precondition vanished enforce',
      'precondition drop enforce',
      'threshold no critical enforce',
    ])
  })

  it('reads every section', () => {
    const tier = parsePolicy(
      `version: 1
tiers:
  prod:
    mode: warn
    preconditions:
      dataAge: { atMost: 2d, mode: enforce }
    thresholds:
      - name: high fixable after 30 days
        severity: high
        fix: fixed
        age: { since: fix, atLeast: 30d }
        max: 5
        mode: enforce
        enforceFrom: 2027-01-01
        remedy: upgrade it
        appliesTo: [image, application/vnd.cncf.helm.*]
    rules:
      - { name: few, expression: findings.size() < 100 }
    accept:
      - { gap: DATABASE_MISSING, images: 'prod.example/static/*', reason: a static binary has no packages }
    waivers: { maxLifetime: 90d, nearExpiry: 2w, approverRequired: true }
    breakGlass: { allowed: true, maxLifetime: 8h, actors: [ops@example.com] }
    trace: { coverage: partial, loosen: recordings of this service end with its requests }
    freeze:
      - { name: holidays, from: 2026-12-24, until: 2026-12-26, reason: nobody is here, except: ['prod.example/fix/*'] }
`,
      { source },
    ).tiers.get('prod')!
    expect(tier).toMatchObject({
      mode: 'warn',
      acceptedGaps: [
        {
          code: 'DATABASE_MISSING',
          images: 'prod.example/static/*',
          reason: 'a static binary has no packages',
        },
      ],
      waivers: {
        allowed: true,
        maxLifetimeMs: 90 * 86_400_000,
        nearExpiryMs: 14 * 86_400_000,
        approverRequired: true,
      },
      breakGlass: { allowed: true, maxLifetimeMs: 8 * 3_600_000, actors: ['ops@example.com'] },
      traceCoverage: 'partial',
      freeze: [
        {
          name: 'holidays',
          from: '2026-12-24T00:00:00.000Z',
          until: '2026-12-27T00:00:00.000Z',
          reason: 'nobody is here',
          except: ['prod.example/fix/*'],
        },
      ],
    })
    const byName = new Map(tier.rules.map((rule) => [rule.name, rule]))
    expect(byName.get('high fixable after 30 days')).toMatchObject({
      kind: 'threshold',
      mode: 'enforce',
      enforceFrom: '2027-01-01T00:00:00.000Z',
      remedy: 'upgrade it',
      appliesTo: ['image', 'application/vnd.cncf.helm.*'],
    })
    expect(byName.get('few')).toMatchObject({ kind: 'cel', mode: 'warn' })
    expect(byName.get('dataAge')!.mode).toBe('enforce')
    expect(byName.get('scan')!.mode).toBe('enforce')
  })

  it('takes bytes, and is known by their digest', () => {
    const bytes = new TextEncoder().encode(`\u{feff}${minimal}`)
    const policy = parsePolicy(bytes, { source })
    expect(policy.digest).toBe(digestOf(bytes))
    expect(policy.digest).not.toBe(parsePolicy(minimal, { source }).digest)
    expect(() => parsePolicy(Uint8Array.of(0x61, 0xff), { source })).toThrow(
      /gate.yaml:1:1 the text is not UTF-8/,
    )
  })

  it('reads JSON', () => {
    const document = {
      $schema: 'https://sallyport.dev/schemas/policy/v1',
      version: 1,
      tiers: { prod: { thresholds: [{ name: 'a', max: 0 }] } },
    }
    expect(
      parsePolicy(JSON.stringify(document, undefined, 2), { source: 'gate.json' }).tiers.get('prod'),
    ).toBeDefined()
  })

  it('takes anchors and aliases', () => {
    const text = `${minimal}  stage:\n    thresholds: &common\n      - { name: a, max: 3 }\n  test:\n    thresholds: *common\n`
    expect(parsePolicy(text, { source }).tiers.get('test')!.rules.at(-1)!.name).toBe('a')
  })
})

describe('definePolicy', () => {
  it('reads an object as it reads a text, and is known by the digest of canonical JSON', () => {
    const policy = definePolicy(
      { version: 1, tiers: { prod: { thresholds: [{ name: 'a', max: 0, severity: undefined }] } } },
      { source: 'gate.ts' },
    )
    expect(policy.tiers.get('prod')!.rules.at(-1)).toMatchObject({ name: 'a', kind: 'threshold' })
    expect(policy.digest).toBe(
      digestOf('{"tiers":{"prod":{"thresholds":[{"max":0,"name":"a"}]}},"version":1}'),
    )
    expect(
      definePolicy({ tiers: { prod: { thresholds: [{ max: 0, name: 'a' }] } }, version: 1 }, { source })
        .digest,
    ).toBe(policy.digest)
  })

  it('says where, without a line', () => {
    expect(() =>
      definePolicy(
        { version: 1, tiers: { prod: { thresholds: [{ name: 'a', max: 0, severty: 'high' }] } } },
        { source: 'gate.ts' },
      ),
    ).toThrow('gate.ts: tiers.prod.thresholds[0].severty: unknown field "severty"')
  })

  it.each([
    ['a function', () => 1],
    ['a date', new Date(0)],
    ['no number', Number.NaN],
    ['a big number', 1n],
    ['a map', new Map()],
  ])('refuses %s', (_title, value) => {
    const document = { version: 1, tiers: { prod: { thresholds: [{ name: 'a', max: value }] } } }
    expect(() => definePolicy(document as never, { source })).toThrow(
      expect.objectContaining({ name: 'PolicyError', code: 'POLICY_INVALID' }),
    )
  })

  it('refuses a document that contains itself', () => {
    const tiers: Record<string, unknown> = {}
    tiers.prod = tiers
    expect(() => definePolicy({ version: 1, tiers } as never, { source })).toThrow(/nested deeper/)
  })

  it('does not see what changes the object later', () => {
    const severity = ['critical']
    const policy = definePolicy(
      { version: 1, tiers: { prod: { thresholds: [{ name: 'a', severity, max: 0 }] } } },
      { source },
    )
    severity.pop()
    expect(policy.tiers.get('prod')!.values).toContainEqual({
      path: ['thresholds', 'a', 'severity'],
      value: ['critical'],
      origin: { tier: 'prod', line: 0, column: 0 },
    })
  })
})

import { describe, expect, it } from 'vitest'
import { parsePolicy } from './parse-policy.ts'
import { testKinds } from './test-kinds.fixture.ts'

const source = 'gate.yaml'

describe('a tier without parent', () => {
  const read = (tier: string) =>
    parsePolicy(`version: 1\ntiers:\n  dev:\n    thresholds: [{ name: a, max: 0 }]\n    ${tier}\n`, {
      source,
      kinds: testKinds,
    }).tiers.get('dev')!

  it.each(['mode: audit', 'breakGlass: { allowed: true }', 'accept: [{ gap: X, images: "*", reason: r }]'])(
    'sets what has no default to weaken: %s',
    (tier) => {
      expect(read(tier).loosenings).toEqual([])
    },
  )

  it.each([
    'preconditions: { freshness: { atMost: 6d } }',
    'preconditions: { freshness: { mode: warn } }',
    'trace: { coverage: partial }',
  ])('needs a reason to weaken what is built in: %s', (tier) => {
    expect(() => read(tier)).toThrow(/the built-in default; tighten it, or say why/)
    const { loosenings = [] } = read(tier.replace(/ \}(?= \}$|$)/, ', loosen: why }'))
    expect(loosenings).toMatchObject([{ reason: 'why', from: {} }])
  })
})

import { describe, expect, it } from 'vitest'
import { celRuleKind } from './cel-rule-kind.ts'
import { aContext } from './rule-context.fixture.ts'

const settings = { name: 'rule', mode: 'enforce' } as const

describe('celRuleKind', () => {
  it.each([
    ['image.user == "1000"', { outcome: 'holds' }],
    ['image.user ==\n  "0"', { outcome: 'broken', code: 'cel-false', message: 'false: image.user == "0"' }],
    ['image.sourceDigest == "x"', { outcome: 'error', code: 'cel-error' }],
  ])('%j', (expression, result) => {
    expect(celRuleKind.evaluate({ ...settings, expression }, aContext())).toMatchObject(result)
  })

  it('says what its author wrote when it is false', () => {
    const rule = { ...settings, expression: 'image.user == "0"', message: 'must run as root' }
    expect(celRuleKind.evaluate(rule, aContext())).toMatchObject({ message: 'must run as root' })
  })

  it.each([{ expression: '' }, { expression: 'nope' }, { expression: 'image.user' }, { expression: 1 }, {}])(
    'refuses %j',
    (form) => {
      expect(celRuleKind.schema.safeParse(form).success).toBe(false)
    },
  )

  it('another expression counts as looser', () => {
    const parent = { expression: 'image.user == "1000"' }
    expect(celRuleKind.loosened(parent, { ...parent, message: 'x' })).toEqual([])
    expect(celRuleKind.loosened(parent, { expression: 'true' })).toEqual([
      { path: ['expression'], was: parent.expression },
    ])
  })
})

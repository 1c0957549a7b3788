import { describe, expect, it } from 'vitest'
import type { RuleKind } from '../rules/rule-kind.ts'
import { preconditionKinds } from './precondition-kinds.ts'

const kinds = Object.entries(preconditionKinds) as readonly [string, RuleKind<unknown>][]

describe('preconditionKinds', () => {
  it.each(kinds)(
    '%s has a default, is strict, and is no looser than itself',
    (_name, { schema, loosened }) => {
      const rule = schema.parse({})
      expect(schema.safeParse({ nobodyKnows: 1 }).success).toBe(false)
      expect(loosened(rule, rule)).toEqual([])
    },
  )

  it('asks by default for a package, data of 5 days, and no drop', () => {
    expect(preconditionKinds.packages.schema.parse({})).toEqual({ atLeast: 1 })
    expect(preconditionKinds.dataAge.schema.parse({})).toEqual({
      atMost: 432_000_000,
      warnAfter: 259_200_000,
    })
    expect(preconditionKinds.drop.schema.parse({})).toEqual({ atMost: 0 })
  })

  it.each([
    ['packages', { atLeast: 10 }, { atLeast: 9 }, 1],
    ['packages', { atLeast: 10 }, { atLeast: 11 }, 0],
    ['dataAge', { atMost: '5d' }, { atMost: '6d' }, 1],
    ['dataAge', { atMost: '5d' }, { atMost: '4d' }, 0],
    ['dataAge', { warnAfter: '1d' }, { warnAfter: '2d' }, 0],
    ['drop', {}, { atMost: 1 }, 1],
    ['drop', { atMost: 1 }, {}, 0],
  ] as const)('%s: from %j to %j', (name, parent, child, loosenings) => {
    const { schema, loosened } = preconditionKinds[name] as RuleKind<unknown>
    expect(loosened(schema.parse(parent), schema.parse(child))).toHaveLength(loosenings)
  })

  it('refuses a floor of no package', () => {
    expect(preconditionKinds.packages.schema.safeParse({ atLeast: 0 }).success).toBe(false)
  })
})

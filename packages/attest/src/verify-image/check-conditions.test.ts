import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Statement } from '../statement/statement.ts'
import { checkConditions } from './check-conditions.ts'
import { isJsonPointer } from './json-pointer.ts'
import type { PredicateConditions } from './requirement.ts'

const statement: Statement = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [],
  predicateType: 'https://example.com/test',
  predicate: { result: 'PASSED', list: [{ id: 1 }], nothing: null, 'a/b~c': { x: [1, 2] } },
}
const conditions = (...all: NonNullable<PredicateConditions['conditions']>): PredicateConditions => ({
  conditions: all,
})

describe('checkConditions', () => {
  it.each<[string, PredicateConditions, string | undefined]>([
    ['no condition', {}, undefined],
    ['an equal text', conditions({ path: '/result', equals: 'PASSED' }), undefined],
    ['another text', conditions({ path: '/result', equals: 'FAILED' }), 'condition-failed'],
    ['a value of another type', conditions({ path: '/list/0/id', equals: '1' }), 'condition-failed'],
    ['an item of a list', conditions({ path: '/list/0/id', equals: 1 }), undefined],
    ['an item beyond the list', conditions({ path: '/list/1', exists: true }), 'condition-failed'],
    ['an index in another spelling', conditions({ path: '/list/00', exists: true }), 'condition-failed'],
    ['a length, which is no item', conditions({ path: '/list/length', exists: true }), 'condition-failed'],
    [
      'an escaped name with an equal object',
      conditions({ path: '/a~1b~0c', equals: { x: [1, 2] } }),
      undefined,
    ],
    ['one of several', conditions({ path: '/result', in: ['WARNED', 'PASSED'] }), undefined],
    ['none of several', conditions({ path: '/result', in: [] }), 'condition-failed'],
    ['null, which is there', conditions({ path: '/nothing', exists: true }), undefined],
    ['what is missing', conditions({ path: '/missing', exists: false }), undefined],
    [
      'what is missing and should be undefined',
      conditions({ path: '/missing', equals: undefined }),
      'condition-failed',
    ],
    ['what every object inherits', conditions({ path: '/constructor', exists: true }), 'condition-failed'],
    ['the prototype', conditions({ path: '/__proto__', exists: true }), 'condition-failed'],
    [
      'two conditions of which one fails',
      conditions({ path: '/result', exists: true }, { path: '/x', exists: true }),
      'condition-failed',
    ],
    ['a schema that fits', { schema: z.looseObject({ result: z.literal('PASSED') }) }, undefined],
    ['a schema that does not fit', { schema: z.object({ result: z.number() }) }, 'predicate-invalid'],
    [
      'a function, which gets what the schema returns',
      {
        schema: z.object({ result: z.string().toLowerCase() }),
        where: (predicate) => (predicate as { result: string }).result === 'passed',
      },
      undefined,
    ],
    ['a function that says no', { where: () => false }, 'condition-failed'],
    [
      'a function that promises',
      { where: (() => Promise.resolve(true)) as unknown as () => boolean },
      'condition-failed',
    ],
    [
      'a function that breaks its promise',
      { where: (() => Promise.reject(new Error('no'))) as unknown as () => boolean },
      'condition-failed',
    ],
    [
      'a function that throws',
      {
        where: () => {
          throw new Error('no')
        },
      },
      'condition-threw',
    ],
  ])('judges %s', (_, all, expected) => {
    expect(checkConditions(all, statement)?.code).toBe(expected)
  })
})

describe('isJsonPointer', () => {
  it.each([
    ['', true],
    ['/', true],
    ['/a/0/~0~1', true],
    ['a', false],
    ['/~', false],
    ['/~2', false],
  ])('of %j is %s', (text, expected) => {
    expect(isJsonPointer(text)).toBe(expected)
  })
})

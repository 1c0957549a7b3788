import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseVersionRange, rangeContains } from './version-range.ts'

const contains = (range: string, version: string) => rangeContains(parseVersionRange(range), version)

describe('rangeContains', () => {
  it.each([
    ['vers:deb/>=1.2|<1.4', ['1.2', '1.3', '1.4~rc1'], ['1.1', '1.2~1', '1.4', '1:1.3']],
    ['vers:deb/>1:1.2|<=1:1.4', ['1:1.2+b1', '1:1.4'], ['1:1.2', '1.3', '1:1.4+b1']],
    ['vers:deb/1.2|1.4', ['1.2', '1.4'], ['1.3']],
    ['vers:deb/>=1.2', ['1.2', '9'], ['1.1']],
    ['vers:deb/<1.2', ['1.1'], ['1.2', '9']],
    ['vers:deb/<1|>=2|<3|>4', ['0', '2', '5'], ['1', '3', '4']],
    ['vers:deb/>=1|!=2|<3', ['1', '2.1'], ['2', '3']],
    ['vers:deb/<1|1.5|>=2', ['1.5', '0.9', '2'], ['1', '1.6']],
    ['vers:deb/*', ['1'], []],
    ['vers:npm/>=1.0.0|<2.0.0-0', ['1.9.0'], ['2.0.0-alpha', '2.0.0']],
    ['vers:pypi/>=1.0|<1.1', ['1.0.post1', '1.1rc1'], ['1.0rc1', '1.1']],
    ['vers:rpm/>=1.1.1k-9', ['1.1.1k-10'], ['1.1.1k-8']],
    ['vers:apk/<1.2.3-r4', ['1.2.3-r3'], ['1.2.3-r4']],
    ['vers:alpine/<1.2.3-r4', ['1.2.3-r3'], ['1.2.3-r4']],
    ['vers:deb/<1%2e2', ['1.1'], ['1.2']],
  ])('%s holds %j and not %j', (range, inside, outside) => {
    expect(inside.map((version) => contains(range, version))).toEqual(inside.map(() => true))
    expect(outside.map((version) => contains(range, version))).toEqual(outside.map(() => false))
  })

  it('does not know of a version that has no place in the order', () => {
    expect(contains('vers:npm/>=1.0.0|<2.0.0', 'latest')).toBeUndefined()
    expect(contains('vers:npm/>=1.0.0|<2.0.0', '')).toBeUndefined()
  })

  it('agrees with plain comparison of whole numbers', () => {
    const bounds = fc
      .uniqueArray(fc.nat(50), { minLength: 1, maxLength: 6 })
      .map((list) => list.sort((a, b) => a - b))
    fc.assert(
      fc.property(bounds, fc.boolean(), fc.nat(52), (list, startsOpen, version) => {
        const text = list.map((bound, index) => `${(index % 2 === 0) === startsOpen ? '<' : '>='}${bound}`)
        const below = list.filter((bound) => bound <= version).length
        expect(contains(`vers:deb/${text.join('|')}`, String(version))).toBe((below % 2 === 0) === startsOpen)
      }),
    )
  })
})

describe('parseVersionRange', () => {
  it.each([
    ['>=1.2', 'expected a range'],
    ['vers:deb', 'expected a range'],
    ['vers:deb/', 'expected a range'],
    ['VERS:deb/1', 'expected a range'],
    ['vers:deb/>=', 'not a constraint'],
    ['vers:deb/>=1.2||<1.4', 'not a constraint'],
    ['vers:deb/>=1.2|*', 'not a constraint'],
    ['vers:deb/>=1.2|<%zz', 'not a constraint'],
    ['vers:deb/<1.4|>=1.2', 'must come before'],
    ['vers:deb/>=1.2|<1.2', 'must come before'],
    ['vers:deb/>=1.2|>1.4', 'says nothing new'],
    ['vers:deb/<1.2|<=1.4', 'says nothing new'],
    ['vers:deb/>=1.2|1.4', 'says nothing new'],
    ['vers:deb/!=1.2', 'only exceptions'],
    ['vers:npm/>=latest', 'no order'],
    ['vers:generic/>=1', 'no order'],
    ['vers:constructor/>=1', 'no order'],
  ])('refuses %s', (text, message) => {
    expect(() => parseVersionRange(text)).toThrow(message)
  })

  it('refuses more than 100 constraints', () => {
    const text = `vers:deb/${Array.from({ length: 101 }, (_, index) => index).join('|')}`
    expect(() => parseVersionRange(text)).toThrow('more than 100')
  })
})

import { describe, expect, it } from 'vitest'
import { parseDependency, satisfies } from './parse-dependency.ts'

describe('parseDependency', () => {
  it.each([
    ['musl', { name: 'musl', isConflict: false }],
    ['!uclibc-utils', { name: 'uclibc-utils', isConflict: true }],
    ['so:libz.so.1>=1.2', { name: 'so:libz.so.1', isConflict: false, operator: '>=', version: '1.2' }],
    ['tool=~1.2@edge', { name: 'tool', isConflict: false, operator: '=~', version: '1.2' }],
    ['tool@edge', { name: 'tool', isConflict: false }],
    ['/bin/sh', { name: '/bin/sh', isConflict: false }],
  ])('reads %s', (word, expected) => {
    expect(parseDependency(word)).toEqual(expected)
  })
})

describe('satisfies', () => {
  it.each([
    ['a', undefined, true],
    ['a=1', undefined, false],
    ['a=1.2-r0', '1.2-r0', true],
    ['a=1.2-r0', '1.2-r1', false],
    ['a>=1.10', '1.9', false],
    ['a>1.9', '1.10', true],
    ['a<2_rc1', '2_beta1', true],
    ['a~1.2', '1.2.9-r4', true],
    ['a=~1.2', '1.20-r0', false],
    ['a>~1.2', '1.3', true],
    ['a<=1', 'what?', true],
  ])('%s by version %s is %s', (word, version, expected) => {
    expect(satisfies(parseDependency(word), version, undefined)).toBe(expected)
  })

  it('compares checksums where the word asks for one', () => {
    expect(satisfies(parseDependency('a><Q1x='), '1', 'Q1x=')).toBe(true)
    expect(satisfies(parseDependency('a><Q1x='), '1', 'Q1y=')).toBe(false)
  })
})

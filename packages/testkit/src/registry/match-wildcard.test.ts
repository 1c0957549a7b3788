import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchWildcard } from './match-wildcard.ts'

describe('matchWildcard', () => {
  it.each([
    ['sha256-*', 'sha256-0', true],
    ['sha256-*', 'xsha256-0', false],
    ['*', '', true],
    ['a', 'a', true],
    ['a', 'ab', false],
    ['a*a', 'a', false],
    ['*.b.*', 'a.b.c', true],
    ['a*b*c', 'acb', false],
    ['a.c', 'abc', false],
  ])('%s and %s: %s', (pattern, text, expected) => {
    expect(matchWildcard(pattern, text)).toBe(expected)
  })

  it('matches whatever is put in the place of the stars', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', '*') })
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word)), word, (pairs, end) => {
        const plain = pairs.map(([fixed, filling]) => [fixed.replaceAll('*', ''), filling] as const)
        const last = end.replaceAll('*', '')
        const pattern = plain.map(([fixed]) => `${fixed}*`).join('') + last
        const text = plain.map(([fixed, filling]) => fixed + filling).join('') + last
        return matchWildcard(pattern, text)
      }),
    )
  })
})

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hostileText } from '../testing/sample-alert.ts'
import { cutText, plainText } from './plain-text.ts'

describe('cutText', () => {
  it.each([
    ['leaves what is short enough', 'abcd', 4, 'abcd'],
    ['cuts what is too long', 'abcde', 4, 'abc…'],
    ['cuts before a pair of surrogates, not in it', 'ab😀d', 4, 'ab…'],
    ['keeps a pair that fits', 'a😀de', 4, 'a😀…'],
  ])('%s', (_, text, max, expected) => {
    expect(cutText(text, max)).toBe(expected)
  })

  it('never leaves half a character, nor more than was allowed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 20 }), (text, max) => {
        const cut = cutText(text, max)
        expect(cut.length).toBeLessThanOrEqual(max)
        expect(cut.isWellFormed()).toBe(true)
      }),
    )
  })
})

describe('plainText', () => {
  it('leaves one line without control characters, turned directions or halves of characters', () => {
    expect(plainText(hostileText)).toBe(
      'a|b\\c=d <!channel> <http://evil.example|ok> *b* _i_ `x` & "q" <34>1 - fake [31m gnp \ufffd é😀',
    )
  })

  it('is printable whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        const plain = plainText(text, 50)
        expect(plain).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u)
        expect(plain.length).toBeLessThanOrEqual(50)
        expect(plain.isWellFormed()).toBe(true)
      }),
    )
  })
})

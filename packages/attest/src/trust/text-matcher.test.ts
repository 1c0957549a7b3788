import { describe, expect, it } from 'vitest'
import { textMatcher } from './text-matcher.ts'

describe('textMatcher', () => {
  it.each([
    ['a text as itself', 'a.c', 'a.c', true],
    ['a text as no pattern', 'a.c', 'abc', false],
    ['a text as the whole, at its start', 'ab', 'abc', false],
    ['a text as the whole, at its end', 'bc', 'abc', false],
    ['nothing with the empty text', '', 'a', false],
    ['a pattern', { pattern: 'a.c' }, 'abc', true],
    ['the end of a pattern', { pattern: 'a' }, 'ab', false],
    ['the start of a pattern', { pattern: 'b' }, 'ab', false],
    ['the first of two, at its end', { pattern: 'a|b' }, 'ax', false],
    ['the second of two, at its start', { pattern: 'a|b' }, 'xb', false],
    ['the longer of two', { pattern: 'a|ab' }, 'ab', true],
    ['a line of a text of two', { pattern: '(?m)^a$' }, 'a\nb', false],
    ['the end of a line for the end', { pattern: '^a$' }, 'a\n', false],
    ['no new line for any letter', { pattern: 'a.*' }, 'a\nb', false],
    ['case', { pattern: 'a' }, 'A', false],
    ['nothing with the empty pattern', { pattern: '' }, 'a', false],
  ])('takes %s', (_, expected, text, matches) => {
    expect(textMatcher(expected)(text)).toBe(matches)
  })

  it.each([
    ['a group that is not closed', { pattern: '(' }],
    ['a look ahead', { pattern: '(?=a)' }],
    ['a back reference', { pattern: String.raw`(a)\1` }],
    ['a pattern that is too long', { pattern: 'a'.repeat(4097) }],
    ['a pattern that is none', { pattern: undefined }],
    ['nothing', undefined],
    ['a number', 1],
  ])('refuses %s', (_, expected) => {
    expect(() => textMatcher(expected as never)).toThrow(expect.objectContaining({ code: 'TRUST_INVALID' }))
  })
})

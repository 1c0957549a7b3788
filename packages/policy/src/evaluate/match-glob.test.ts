import { describe, expect, it } from 'vitest'
import { matchGlob } from './match-glob.ts'

describe('matchGlob', () => {
  it.each([
    ['prod.example/static/*', 'prod.example/static/tool:1', true],
    ['prod.example/static/*', 'prod.example/app:1', false],
    ['*', '', true],
    ['', 'a', false],
    ['*:1.*', 'r/a:1.4', true],
    ['a*b*c', 'aXbYbZc', true],
    ['a*b*c', 'aXbYbZ', false],
    ['prod.example/app', 'prod.example/app:1', false],
    ['a.c', 'abc', false],
  ])('%s and %s: %s', (pattern, text, expected) => {
    expect(matchGlob(pattern, text)).toBe(expected)
  })

  it('stays fast on a pattern made to backtrack', () => {
    expect(matchGlob(`${'*a'.repeat(500)}b`, 'a'.repeat(2_000))).toBe(false)
  })
})

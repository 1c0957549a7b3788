import { describe, expect, it } from 'vitest'
import { parseDependencies } from './parse-dependencies.ts'

describe('parseDependencies', () => {
  it.each([
    ['nothing', '', []],
    ['names', 'a, b', [[{ name: 'a' }], [{ name: 'b' }]]],
    [
      'alternatives with versions and architectures',
      'libc6 (>= 2.36), python3:any (<< 3.12) | awk:amd64',
      [
        [{ name: 'libc6', operator: '>=', version: '2.36' }],
        [
          { name: 'python3', arch: 'any', operator: '<<', version: '3.12' },
          { name: 'awk', arch: 'amd64' },
        ],
      ],
    ],
    ['no blanks around versions', 'a(=1:2-3)', [[{ name: 'a', operator: '=', version: '1:2-3' }]]],
    [
      'obsolete operators',
      'a (< 1), b (> 2)',
      [[{ name: 'a', operator: '<=', version: '1' }], [{ name: 'b', operator: '>=', version: '2' }]],
    ],
    ['restrictions of architecture and profile', 'a [amd64 i386] <!nocheck>', [[{ name: 'a' }]]],
    ['a folded field', 'a,\n b', [[{ name: 'a' }], [{ name: 'b' }]]],
  ])('reads %s', (_title, text, expected) => {
    expect(parseDependencies(text)).toEqual(expected)
  })

  it.each([
    ['an unknown operator', 'a (~ 1)'],
    ['an open bracket', 'a (>= 1'],
    ['an empty alternative', 'a | | b'],
    ['two words', 'a b'],
    ['an endless run of blanks', `a${' '.repeat(1_000_000)}b`],
  ])('refuses %s', (_title, text) => {
    expect(() => parseDependencies(text)).toThrow(SyntaxError)
  })
})

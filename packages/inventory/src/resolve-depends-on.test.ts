import { describe, expect, it } from 'vitest'
import { type PackageNeeds, resolveDependsOn } from './resolve-depends-on.ts'

const one = (
  purl: string,
  needs: readonly string[][] = [],
  more: Partial<PackageNeeds> = {},
): PackageNeeds => ({
  purl,
  offers: [purl],
  needs,
  ...more,
})

describe('resolveDependsOn', () => {
  it.each<[string, PackageNeeds[], (string[] | undefined)[]]>([
    ['nothing', [], []],
    [
      'what is there, sorted and once',
      [one('a', [['c'], ['b'], ['b']]), one('b'), one('c')],
      [['b', 'c'], undefined, undefined],
    ],
    [
      'each alternative that is there',
      [one('a', [['b', 'x', 'c']]), one('b'), one('c')],
      [['b', 'c'], undefined, undefined],
    ],
    ['packages that need each other', [one('a', [['b']]), one('b', [['a']])], [['b'], ['a']]],
    [
      'no need that it meets itself',
      [one('a', [['v']], { offers: ['v'] }), one('b', [], { offers: ['v'] })],
      [undefined, undefined],
    ],
    [
      'those of its own architecture first',
      [
        one('a', [['lib']], { arch: 'amd64' }),
        one('lib64', [], { offers: ['lib'], arch: 'amd64' }),
        one('lib32', [], { offers: ['lib'], arch: 'i386' }),
      ],
      [['lib64'], undefined, undefined],
    ],
    [
      'another architecture where there is no other',
      [one('a', [['lib']], { arch: 'amd64' }), one('lib32', [], { offers: ['lib'], arch: 'i386' })],
      [['lib32'], undefined],
    ],
  ])('finds %s', (_title, all, expected) => {
    expect(resolveDependsOn(all)).toEqual(expected)
  })

  it('says nothing of a need that everything meets, in bounded time', () => {
    const all = Array.from({ length: 20_000 }, (_, index) =>
      one(`p${index}`, [['x']], { offers: index === 0 ? [] : ['x'] }),
    )
    expect(resolveDependsOn(all).every((found) => found === undefined)).toBe(true)
  })
})

import type { Package } from '@sallyport/inventory'
import { describe, expect, it } from 'vitest'
import { createRequirements } from './create-requirements.ts'
import { overlaps } from './overlaps.ts'
import { parseRpmPackage } from './parse-rpm-package.ts'
import { headerOf, type SampleHeader } from './rpm.fixture.ts'

const [less, greater, equal] = [2, 4, 8]

function requirementsOf(
  needing: SampleHeader,
  others: Readonly<Record<string, SampleHeader>>,
): readonly (readonly [string, readonly string[]])[] {
  const packages = new Map(
    Object.entries({ needing, ...others }).map(([name, sample]) => [
      { name, purl: `pkg:rpm/${name}` } as Package,
      parseRpmPackage(headerOf(name, sample)),
    ]),
  )
  const [found] = packages.keys()
  const canonicalize = (path: string) => path.replace(/^\/bin\//, '/usr/bin/')
  return createRequirements(
    packages,
    canonicalize,
  )(found!).map(({ text, satisfiedBy }) => [text, satisfiedBy.map(({ name }) => name)])
}

describe('createRequirements', () => {
  it.each<
    [
      string,
      SampleHeader,
      Readonly<Record<string, SampleHeader>>,
      readonly (readonly [string, readonly string[]])[],
    ]
  >([
    ['a package by its name', { requires: [['b']] }, { b: {} }, [['b', ['b']]]],
    [
      'what others provide, the package of that name first',
      { requires: [['b']] },
      { x: { provides: [['b']] }, b: {} },
      [['b', ['b', 'x']]],
    ],
    [
      'a file by any of its names',
      { requires: [['/bin/sh']] },
      { bash: { files: ['/usr/bin/sh'] } },
      [['/bin/sh', ['bash']]],
    ],
    [
      'a file that is provided by name',
      { requires: [['/bin/sh']] },
      { bash: { provides: [['/bin/sh']] } },
      [['/bin/sh', ['bash']]],
    ],
    [
      'a version in the range',
      { requires: [['b', greater | equal, '2']] },
      { b: { provides: [['b', equal, '3-1']] }, c: { provides: [['b', equal, '1-1']] } },
      [['b >= 2', ['b']]],
    ],
    ['nothing for what no package has', { requires: [['none']] }, { b: {} }, [['none', []]]],
    [
      'no feature of rpm, no hint',
      {
        requires: [
          ['rpmlib(X)', 1 << 24, '1'],
          ['b', 1 << 19],
        ],
      },
      { b: {} },
      [],
    ],
    [
      'nothing of its own',
      { requires: [['config(needing)', equal, '1-1']], provides: [['config(needing)', equal, '1-1']] },
      { b: {} },
      [],
    ],
    ['what only a script needs', { requires: [['b', 1 << 10]] }, { b: {} }, [['b', ['b']]]],
    [
      'each part of a boolean dependency',
      { requires: [['(b and (c or /bin/sh))']] },
      { b: {}, s: { files: ['/usr/bin/sh'] } },
      [
        ['(b and (c or /bin/sh))', ['b']],
        ['(b and (c or /bin/sh))', ['s']],
      ],
    ],
  ])('finds %s', (_title, needing, others, expected) => {
    expect(requirementsOf(needing, others)).toEqual(expected)
  })

  it('refuses a boolean dependency that it can not read', () => {
    expect(() => requirementsOf({ requires: [['(b xor c)']] }, {})).toThrow(SyntaxError)
  })
})

describe('overlaps', () => {
  it.each([
    ['1-1', equal, '1', equal, true],
    ['1-1', equal, '1-2', equal, false],
    ['1:1-1', equal, '2', greater, true],
    ['1', equal, '1:1', equal, false],
    ['0:1', equal, '1', equal, true],
    ['1~rc1-1', equal, '1', greater | equal, false],
    ['1^git1-1', equal, '1', greater, true],
    ['2', equal, '2', greater, false],
    ['2', equal, '2', less, false],
    ['1', equal, '2', less, true],
    ['2', greater | equal, '1', less, false],
    ['2', less, '1', greater, true],
    ['2', less, '2', less | equal, true],
    ['', 0, '2', equal, true],
    ['2', equal, '', 0, true],
    ['a b', equal, '1', equal, false],
  ])('%s (%i) and %s (%i): %s', (version, flags, wanted, wantedFlags, expected) => {
    expect(overlaps({ flags, version }, { flags: wantedFlags, version: wanted })).toBe(expected)
  })
})

import {
  array,
  assert,
  constantFrom,
  nat,
  oneof,
  property,
  string as anyString,
  tuple,
  type Arbitrary,
} from 'fast-check'
import { compare } from 'semver'
import { describe, expect, it } from 'vitest'
import { compareVersions } from './compare-versions.ts'
import { isUnparseable } from './version-order.ts'

const number = oneof(nat(12), nat(3_000)).map(String)

/** Texts made of `parts`, most of which are versions of a type. */
function textOf(...parts: readonly string[]): Arbitrary<string> {
  const tail = array(oneof(constantFrom(...parts), number), { maxLength: 7 })
  return tuple(number, tail).map(([first, rest]) => first + rest.join(''))
}

/** Versions as Semantic Versioning has them, with identifiers of `parts` and numbers, and sometimes text that only looks so. */
function semverOf(...parts: readonly string[]): Arbitrary<string> {
  const identifiers = array(oneof(constantFrom('a', 'rc', 'beta', '-', '0a', ...parts), number), {
    maxLength: 3,
  })
  const version = tuple(nat(2), nat(3), nat(3), identifiers, constantFrom('', '', '+b')).map(
    ([x, y, z, before, build]) =>
      `${x}.${y}.${z}${before.length === 0 ? '' : `-${before.join('.')}`}${build}`,
  )
  return oneof({ arbitrary: version, weight: 7 }, textOf('.1', '.0', '-rc.1', '+b'))
}

const texts: Readonly<Record<string, Arbitrary<string>>> = {
  deb: textOf('.', '-', '~', '+', 'a', 'deb', '1:'),
  rpm: textOf('.', '-', '~', '^', '_', 'a', 'el', '1:'),
  apk: textOf('.', '.0', 'a', '_rc', '_p', '_alpha', '-r1'),
  npm: semverOf(),
  cargo: semverOf(),
  pypi: textOf('.', '.1', 'rc1', '.post1', '.dev2', '+a', '1!'),
  golang: semverOf('0.20200101000000-abcdefabcdef'),
  maven: textOf('.', '.1', '-', 'alpha', '-rc', 'sp', 'final', '-x'),
  gem: textOf('.', '.1', '.pre', 'a', '-1', '.0'),
  nuget: textOf('.', '.1', '-rc.1', '-A', '+b'),
  composer: textOf('.', '.1', '-beta', '-rc1', '-dev', 'p1'),
  cran: textOf('.', '-', '.1'),
  hackage: textOf('.', '.1'),
  pub: semverOf(),
}

/** Of three versions. */
const orders = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const

/** Maven's own order has circles in odd text, see below; in versions as people write them there are none. */
const usualMaven = tuple(
  array(number, { minLength: 1, maxLength: 4 }),
  constantFrom('', '-alpha-1', '-beta2', '-rc1', '.RC2', '-SNAPSHOT', '.Final', '-jre', '-sp1', '-1'),
).map(([numbers, end]) => numbers.join('.') + end)

it('the order of maven has the circle that Maven’s own has', () => {
  const [a, b, c] = ['1.0rcsp.0', '1-.rc2.', '1']
  expect(
    [
      [a, b],
      [b, c],
      [a, c],
    ].map(([x = '', y = '']) => compareVersions('maven', x, y)),
  ).toEqual([-1, -1, 1])
})

it('the order of cargo is that of the semver package', () => {
  const part = oneof(nat(20).map(String), constantFrom('a', 'beta', '-', '0a'))
  const version = tuple(nat(3), nat(3), nat(3), array(part, { maxLength: 4 })).map(
    ([x, y, z, parts]) => `${x}.${y}.${z}${parts.length === 0 ? '' : `-${parts.join('.')}`}`,
  )
  assert(
    property(version, version, (a, b) => {
      expect(compareVersions('cargo', a, b)).toBe(compare(a, b))
    }),
  )
})

describe.each(Object.entries(texts))('the order of %s', (type, text) => {
  it('is the same from both sides, and every version equals itself', () => {
    assert(
      property(text, text, (a, b) => {
        const forward = compareVersions(type, a, b)
        const backward = compareVersions(type, b, a)
        if (isUnparseable(forward) || isUnparseable(backward)) {
          expect(isUnparseable(forward) && isUnparseable(backward)).toBe(true)
        } else expect(forward + backward).toBe(0)
        const same = compareVersions(type, a, a)
        expect(isUnparseable(same) || same === 0).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it('has no circles', () => {
    const plain = type === 'maven' ? usualMaven : text
    let compared = 0
    assert(
      property(plain, plain, plain, (...versions) => {
        if (versions.some((version) => isUnparseable(compareVersions(type, version, version)))) return
        compared++
        const order = (at: number, to: number) =>
          compareVersions(type, versions[at]!, versions[to]!) as number
        for (const [a, b, c] of orders) {
          if (order(a, b) <= 0 && order(b, c) <= 0) expect(order(a, c)).toBeLessThanOrEqual(0)
        }
      }),
      { numRuns: 1000 },
    )
    // Or the texts are no versions.
    expect(compared).toBeGreaterThan(50)
  })

  it.each([
    '1.'.repeat(50_000),
    '1'.repeat(100_000),
    '1-'.repeat(400) + '!',
    '1'.repeat(300) + ' ',
    '~'.repeat(1000),
    '-a1'.repeat(160),
  ])('is quick with hostile text %#', (hostile) => {
    const result = compareVersions(type, hostile, `${hostile}x`)
    expect(isUnparseable(result) ? result.unparseable.length : 0).toBeLessThanOrEqual(160)
  })

  it('never throws', () => {
    assert(property(anyString({ unit: 'binary' }), anyString(), (a, b) => void compareVersions(type, a, b)))
  })
})

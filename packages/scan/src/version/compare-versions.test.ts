import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compareApkVersions } from './compare-apk-versions.ts'
import { compareDebianVersions } from './compare-debian-versions.ts'
import { comparePep440Versions } from './compare-pep440.ts'
import { compareGoVersions, compareSemver } from './compare-semver.ts'
import { compareVersions } from './compare-versions.ts'
import { isUnparseable, type UnparseableVersion, type VersionOrder } from './version-order.ts'

const vectors = new URL('../../../../../shared/data/versions/', import.meta.url)
const signs = { '<': -1, '=': 0, '>': 1 } as const

type Compare = (a: string, b: string) => VersionOrder | UnparseableVersion

/** Runs both directions of each line; returns the lines that were answered otherwise and those without an answer. */
function runVectors(file: string, compare: Compare) {
  const wrong: string[] = []
  const refused: string[] = []
  let lines = 0
  for (const line of readFileSync(new URL(file, vectors), 'utf8').split('\n')) {
    const match = /^(\S+) ([<=>]) (\S+)$/.exec(line.trim())
    if (match === null || line.startsWith('#') || line.startsWith('//')) continue
    lines++
    const [, a = '', sign, b = ''] = match
    const expected = signs[sign as '<']
    const forward = compare(a, b)
    const backward = compare(b, a)
    if (isUnparseable(forward) || isUnparseable(backward)) refused.push(line)
    else if (forward !== expected || backward + expected !== 0) wrong.push(line)
  }
  return { lines, wrong, refused }
}

describe.skipIf(!existsSync(vectors))(
  'published version vectors (skipped where the data folder is absent)',
  () => {
    it.each([
      ['debian-versions-generated.txt', compareDebianVersions, 14_000],
      ['debian-versions.txt', compareDebianVersions, 20],
      ['alpine-versions-generated.txt', compareApkVersions, 13_900],
    ] as const)('%s is answered as the real tool does, line by line', (file, compare, atLeast) => {
      const { lines, wrong, refused } = runVectors(file, compare)
      expect({ wrong, refused }).toEqual({ wrong: [], refused: [] })
      expect(lines).toBeGreaterThan(atLeast)
    })

    it('alpine-versions.txt: no wrong answer; what apk itself calls invalid is refused', () => {
      const { lines, wrong, refused } = runVectors('alpine-versions.txt', compareApkVersions)
      expect(wrong).toEqual([])
      expect(lines).toBeGreaterThan(600)
      expect(refused).toEqual(invalidApkLines)
    })

    it.each([
      ['pypi-versions-generated.txt', 12_000, 69],
      ['pypi-versions.txt', 30, 11],
    ])('%s: no wrong answer; legacy versions outside PEP 440 are refused', (file, atLeast, refusedLines) => {
      const { lines, wrong, refused } = runVectors(file, comparePep440Versions)
      expect(wrong).toEqual([])
      expect(lines).toBeGreaterThan(atLeast)
      expect(refused).toHaveLength(refusedLines)
    })

    it('semver: no wrong answer; 30-digit components and five-part versions are refused', () => {
      const { wrong, refused } = runVectors('semver-versions.txt', compareSemver)
      expect(wrong).toEqual([])
      expect(refused).toHaveLength(3)
    })
  },
)

/** Lines of alpine-versions.txt with a version outside apk's grammar; apk 2 and apk 3 answer them differently. */
const invalidApkLines = [
  '1-r = 1-r0',
  '1-r-0 < 1-r0',
  '1-r-1 < 1-r0',
  '0.r1 < 0r2',
  '0..1..0 < 0..1..1',
  '0...1...0 < 0...1...1',
  '0...1...0.r1 < 0...1...0.r2',
  '0...1...0r1 < 0...1...0r2',
  '0..8 = 0..8',
  '0..8 > 0...8',
  '0.8.21.r2 > 0.8.21.r1',
  '10.2.24.r0 > 10.2.22.r0',
  '0.8.21.r2 < 0.8.21r2',
  '1.2.0A < 1.2.0d',
  '1.2.0D < 1.2.0d',
  '1-r2 > 1-r-1',
  '1 > 1-ruff',
  '1-r0-1 = 1-r-2',
  '1-r0-1 = 1-r0-2',
  '1-ruff2 = 1-ruff1',
  '1-ruff2 = 1--ruff1',
  '1-r0-ruff2 = 1-r0-ruff1',
  '1.2 > 1.2_blah',
  '1.2_svn1 > 1.2_csv2',
  '1.2_cvs1 > 1.2_blah',
  '.1 < 1',
  '1 > .1',
  '.2 > .1',
  'a < b',
  'c > b',
  'c = c',
  '23_foo > 4_beta',
  '1.0 < 1.0bc',
]

describe('compareDebianVersions', () => {
  it.each([
    ['1:1.0', '2.0', 1, 'an epoch outweighs the version'],
    ['0:1.0', '1.0', 0, 'a missing epoch is 0'],
    ['1.0', '1.0-0', 0, 'a missing revision equals 0'],
    ['1.0~rc1', '1.0', -1, 'a tilde sorts before the end'],
    ['1.0~~', '1.0~', -1, 'more tildes sort earlier'],
    ['1.0+b1', '1.0', 1, 'a plus sorts after the end'],
    ['1.0a', '1.0+', -1, 'letters sort before other characters'],
    ['2.5.0-1+deb12u2', '2.5.0-1+deb12u10', -1, 'digits compare by value'],
    ['1.0-1-2', '1.0-1-10', -1, 'the revision starts after the last hyphen'],
    ['9'.repeat(40), '1' + '0'.repeat(40), -1, 'numbers beyond 64 bits keep their order'],
    ['007', '7', 0, 'leading zeros do not count'],
  ])('%s against %s is %i: %s', (a, b, expected) => {
    expect(compareDebianVersions(a, b)).toBe(expected)
    expect(compareDebianVersions(b, a)).toBe(expected === 0 ? 0 : -expected)
  })

  it.each(['', '1.0-', ':1.0', 'x:1.0', '1:', '1.0_1', '1.0 ', '99999999999:1', '1.0-1-', '1.0é'])(
    'refuses %j',
    (version) => {
      expect(compareDebianVersions(version, '1.0')).toEqual({ unparseable: version })
      expect(compareDebianVersions('1.0', version)).toEqual({ unparseable: version })
    },
  )
})

describe('compareApkVersions', () => {
  it.each([
    ['1.6_rc1-r0', '1.6-r0', -1, 'a release candidate comes before the release'],
    ['1.2_p1', '1.2', 1, 'a patch comes after the release'],
    ['1.06', '1.1', -1, 'a component with a leading zero is a fraction'],
    ['1.2.3-r10', '1.2.3-r9', 1, 'revisions compare by value'],
    ['1.2.3', '1.2.3-r0', -1, 'a revision is later than none'],
    ['1.0~abc', '1.0~abd', -1, 'commits compare as text'],
    ['1.0_alpha_pre2', '1.0_alpha', -1, 'suffixes stack'],
  ])('%s against %s is %i: %s', (a, b, expected) => {
    expect(compareApkVersions(a, b)).toBe(expected)
    expect(compareApkVersions(b, a)).toBe(-expected)
  })

  it.each(['', '1-r', '1.2_blah', '1.0bc', '.1', '1..2', 'v1'])('refuses %j', (version) => {
    expect(compareApkVersions(version, '1.0')).toEqual({ unparseable: version })
  })
})

describe('compareVersions', () => {
  it.each([
    ['golang', 'v0.0.0-20180125103619-43913f2f4fbd', '1.0.0', -1],
    ['golang', 'go1.22rc1', '1.22.0', -1],
    ['golang', 'go1.22rc1', '1.22.0-rc.2', -1],
    ['golang', 'go1.21', '1.21.0', 0],
    ['golang', 'go1.21.3 X:nocoverageredesign', '1.21.3', 0],
    ['golang', 'v20.10.1+incompatible', '20.10.0', 1],
    ['npm', '1.0.0-beta.2', '1.0.0-beta.11', -1],
    ['pypi', '1.0', '1.0.0', 0],
    ['pypi', '1.0.post1', '1.0', 1],
    ['deb', '1:1', '2', 1],
    ['apk', '1.0-r1', '1.0-r2', -1],
  ] as const)('%s: %s against %s is %i', (type, a, b, expected) => {
    expect(compareVersions(type, a, b)).toBe(expected)
  })

  it.each([
    ['golang', '(devel)'],
    ['golang', 'devel go1.23-abcdef'],
    ['npm', 'latest'],
    ['npm', '1.2'],
    ['pypi', '2004d-final-x'],
    ['rpm', '1.0-1'],
    ['generic', '1.0'],
  ] as const)('%s has no order for %j', (type, version) => {
    expect(compareVersions(type, version, '1.0.0')).toEqual({ unparseable: version })
  })
})

it('compareGoVersions leaves module versions alone', () => {
  expect(compareGoVersions('v1.2', '1.2.0')).toEqual({ unparseable: 'v1.2' })
})

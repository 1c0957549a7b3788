import { describe, expect, it } from 'vitest'
import { compareApkVersions } from './compare-apk-versions.ts'
import { compareDebianVersions } from './compare-debian-versions.ts'
import { compareGoVersions } from './compare-semver.ts'
import { compareVersions } from './compare-versions.ts'

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
    ['rpm', '1:1.0-1.el9', '2.0-1.el9', 1],
    ['rpm', '0:1.0-1', '1.0-1', 0],
    ['rpm', '1.0~rc1-1', '1.0-1', -1],
    ['rpm', '1.0^git1-1', '1.0-1', 1],
    ['maven', '1.0-rc1', '1.0', -1],
    ['maven', '1.0.0.Final', '1.0', 0],
    ['maven', '2.0.1-jre', '2.0.1', 1],
    ['gem', '1.0.0.pre', '1.0.0', -1],
    ['gem', '1.16.0-x86', '1.16.0', -1],
    ['nuget', '1.0.0-Beta', '1.0.0-beta', 0],
    ['nuget', '4.3', '4.3.0.0', 0],
    ['cargo', '0.9.1+build', '0.9.1', 0],
    ['composer', 'v1.2', '1.2.0', 0],
    ['composer', '2.x-dev', '2.99.0', 1],
  ] as const)('%s: %s against %s is %i', (type, a, b, expected) => {
    expect(compareVersions(type, a, b)).toBe(expected)
  })

  it.each([
    ['golang', '(devel)'],
    ['golang', 'devel go1.23-abcdef'],
    ['npm', 'latest'],
    ['npm', '1.2'],
    ['pypi', '2004d-final-x'],
    ['rpm', '-1'],
    ['rpm', '1.0 1'],
    ['maven', '[1.0,2.0)'],
    ['maven', '..'],
    ['gem', '1beta'],
    ['nuget', '1.0.0.0.0'],
    ['cargo', '1.0'],
    ['composer', 'dev-main'],
    ['cran', '1.a'],
    ['hackage', '1-1'],
    ['pub', '1'],
    ['conda', '1.0'],
    ['generic', '1.0'],
  ] as const)('%s has no order for %j', (type, version) => {
    expect(compareVersions(type, version, '1.0.0')).toEqual({ unparseable: version })
  })
})

it('compareGoVersions leaves module versions alone', () => {
  expect(compareGoVersions('v1.2', '1.2.0')).toEqual({ unparseable: 'v1.2' })
})

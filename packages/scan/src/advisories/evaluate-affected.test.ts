import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluateAffected } from './evaluate-affected.ts'

type Event = Readonly<Record<string, string>>

const range = (events: readonly Event[], type = 'SEMVER') => ({ ranges: [{ type, events: [...events] }] })
const status = (type: 'deb' | 'npm' | 'golang' | 'pypi' | 'apk', version: string, entry: object) =>
  evaluateAffected(type, version, entry).status

describe('evaluateAffected', () => {
  const twice = range([
    { introduced: '1.0.0' },
    { fixed: '1.2.0' },
    { introduced: '2.0.0' },
    { fixed: '2.3.0' },
  ])

  it.each([
    ['0.9.0', 'not-affected', undefined],
    ['1.0.0', 'affected', '1.2.0'],
    ['1.1.9', 'affected', '1.2.0'],
    ['1.2.0', 'not-affected', undefined],
    ['2.0.0-rc.1', 'not-affected', undefined],
    ['2.2.9', 'affected', '2.3.0'],
    ['2.3.0', 'not-affected', undefined],
  ])('%s with two spans is %s', (version, expected, fixedIn) => {
    const evaluation = evaluateAffected('npm', version, twice)
    expect(evaluation.status).toBe(expected)
    expect(evaluation.status === 'affected' ? evaluation.fixedIn : undefined).toBe(fixedIn)
  })

  it('does not depend on the order in which events stand', () => {
    const events = twice.ranges[0]?.events ?? []
    fc.assert(
      fc.property(
        fc.shuffledSubarray(events, { minLength: events.length }),
        fc.tuple(fc.nat(3), fc.nat(4), fc.nat(2)),
        (shuffled, version) => {
          const text = version.join('.')
          expect(evaluateAffected('npm', text, range(shuffled))).toEqual(evaluateAffected('npm', text, twice))
        },
      ),
    )
  })

  it.each([
    [
      '“introduced 0” is before everything',
      '0.0.0-alpha',
      [{ introduced: '0' }, { fixed: '1.0.0' }],
      'affected',
    ],
    ['a range without a start begins at the first', '0.5.0', [{ fixed: '1.0.0' }], 'affected'],
    ['and ends where it says', '1.0.0', [{ fixed: '1.0.0' }], 'not-affected'],
    ['a range of limits alone is below them', '0.5.0', [{ limit: '1.0.0' }], 'affected'],
    ['last_affected is affected', '1.5.0', [{ introduced: '0' }, { last_affected: '1.5.0' }], 'affected'],
    [
      'above last_affected is not',
      '1.5.1',
      [{ introduced: '0' }, { last_affected: '1.5.0' }],
      'not-affected',
    ],
    [
      'one version, first and last',
      '1.5.0',
      [{ last_affected: '1.5.0' }, { introduced: '1.5.0' }],
      'affected',
    ],
    [
      'after one version, first and last',
      '1.6.0',
      [{ last_affected: '1.5.0' }, { introduced: '1.5.0' }],
      'not-affected',
    ],
    ['fixed in 0 was never affected', '1.0.0', [{ introduced: '0' }, { fixed: '0.0.0' }], 'not-affected'],
    ['below a limit', '1.0.0', [{ introduced: '0' }, { limit: '2.0.0' }], 'affected'],
    ['at a limit', '2.0.0', [{ introduced: '0' }, { limit: '2.0.0' }], 'not-affected'],
    ['no limit at all', '2.0.0', [{ introduced: '0' }, { limit: '*' }], 'affected'],
    ['at a start that is named short', '6.0.0', [{ introduced: '6.0' }, { fixed: '6.3.3' }], 'affected'],
    ['before a start that is named short', '5.9.9', [{ introduced: '6.0' }, { fixed: '7' }], 'not-affected'],
    ['before an end that is named short', '6.9.9', [{ introduced: '6.0' }, { fixed: '7' }], 'affected'],
    ['at an end that is named short', '7.0.0', [{ introduced: '6.0' }, { fixed: '7' }], 'not-affected'],
    ['a version that is short itself', '6.1', [{ introduced: '6.0' }, { fixed: '7' }], 'unknown'],
    ['an event that is no version', '1.0.0', [{ introduced: '0' }, { fixed: 'next' }], 'unknown'],
    ['a version that is none', 'main', [{ introduced: '0' }, { fixed: '1.0.0' }], 'unknown'],
  ] as const)('%s', (_, version, events, expected) => {
    expect(status('npm', version, range(events))).toBe(expected)
  })

  it.each([
    ['a listed version', { versions: ['1.0'] }, 'affected'],
    ['a listed version in another spelling', { versions: ['1.0.0'] }, 'affected'],
    ['a version not listed', { versions: ['1.1'] }, 'not-affected'],
    [
      'listed and outside of the range',
      { versions: ['1.0'], ...range([{ introduced: '2' }], 'ECOSYSTEM') },
      'affected',
    ],
    [
      'inside the range and not listed',
      { versions: [], ...range([{ introduced: '0' }], 'ECOSYSTEM') },
      'affected',
    ],
    ['commits only', range([{ introduced: '0' }], 'GIT'), 'unknown'],
    ['neither versions nor ranges', {}, 'unknown'],
    [
      'one range unreadable, the other certain',
      {
        ranges: [
          ...range([{ introduced: 'x y' }], 'ECOSYSTEM').ranges,
          ...range([{ introduced: '0' }], 'ECOSYSTEM').ranges,
        ],
      },
      'affected',
    ],
    [
      'one range unreadable, the other not',
      {
        ranges: [
          ...range([{ introduced: 'x y' }], 'ECOSYSTEM').ranges,
          ...range([{ introduced: '2' }], 'ECOSYSTEM').ranges,
        ],
      },
      'unknown',
    ],
  ])('PyPI 1.0 with %s', (_, entry, expected) => {
    expect(status('pypi', '1.0', entry)).toBe(expected)
  })

  it('does not say that a version which is only listed has no fix', () => {
    const entry = { versions: ['1.0'], ...range([{ introduced: '0' }, { fixed: '0.5' }], 'ECOSYSTEM') }
    expect(evaluateAffected('pypi', '1.0', entry)).toEqual({ status: 'affected', lastAffected: '1.0' })
  })

  it('names the next fix for a version that is only listed', () => {
    const entry = { versions: ['1.0'], ...range([{ introduced: '2' }, { fixed: '3' }], 'ECOSYSTEM') }
    expect(evaluateAffected('pypi', '1.0', entry)).toMatchObject({ status: 'affected', fixedIn: '3' })
  })

  it.each<readonly ['deb' | 'apk', string, readonly Event[], string, string]>([
    [
      'deb',
      '1:1.0-1',
      [{ introduced: '0' }, { fixed: '2.0-1' }],
      'not-affected',
      'the epoch outweighs the version',
    ],
    ['deb', '1.0-1', [{ introduced: '0' }, { fixed: '1:0.5-1' }], 'affected', 'an epoch only in the fix'],
    [
      'deb',
      '1.0-1~deb12u1',
      [{ introduced: '0' }, { fixed: '1.0-1' }],
      'affected',
      'a backport before the fix',
    ],
    ['apk', '1.6_rc1-r0', [{ introduced: '0' }, { fixed: '1.6-r0' }], 'affected', 'a release candidate'],
    [
      'apk',
      '1.6-r0',
      [{ introduced: '0' }, { fixed: '1.6_rc1-r0' }],
      'not-affected',
      'fixed in a release candidate',
    ],
  ])('%s %s, %j: %s (%s)', (type, version, events, expected) => {
    expect(status(type, version, range(events, 'ECOSYSTEM'))).toBe(expected)
  })

  it.each([
    ['v1.2.3', '1.2.4', 'affected'],
    ['v0.0.0-20180125103619-43913f2f4fbd', '0.0.0-20180125103620-aaaaaaaaaaaa', 'affected'],
    ['go1.21.4', '1.21.5', 'affected'],
    ['go1.21.5', '1.21.5', 'not-affected'],
    ['go1.22rc1', '1.22.0-rc.2', 'affected'],
    ['(devel)', '1.22.0', 'unknown'],
  ])('Go %s before the fix %s is %s', (version, fixed, expected) => {
    expect(status('golang', version, range([{ introduced: '0' }, { fixed }]))).toBe(expected)
  })
})

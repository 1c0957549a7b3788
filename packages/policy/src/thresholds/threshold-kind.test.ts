import { describe, expect, it } from 'vitest'
import type { RuleMode } from '../rules/rule-kind.ts'
import { thresholdKind } from './threshold-kind.ts'
import type { Threshold } from './threshold.ts'

const read = (written: Readonly<Record<string, unknown>>): Threshold =>
  thresholdKind.schema.parse({ max: 0, ...written })
const paths = (parent: Readonly<Record<string, unknown>>, child: Readonly<Record<string, unknown>>) =>
  thresholdKind.loosened(read(parent), read(child)).map(({ path }) => path.join('.'))

describe('thresholdKind.schema', () => {
  it('takes one value for a list of one, and a duration for an age', () => {
    expect(
      read({ severity: 'critical', age: { since: 'fix', atLeast: '7d' }, epss: { atLeast: 0.5 } }),
    ).toEqual({
      severity: ['critical'],
      age: { since: 'fix', atLeast: 604_800_000 },
      epss: { atLeast: 0.5, missing: 'count' },
      max: 0,
    })
  })

  it.each([
    ['an unknown severity', { severity: 'hgih' }],
    ['an unknown severity in a list', { severity: ['high', 'hgih'] }],
    ['an empty list', { severity: [] }],
    ['a negative limit', { max: -1 }],
    ['half a finding', { max: 0.5 }],
    ['an age without a clock', { age: { atLeast: '7d' } }],
    ['an age of no length', { age: { since: 'fix', atLeast: 'soon' } }],
    ['an EPSS limit without a number', { epss: {} }],
    ['an EPSS limit of percent', { epss: { atLeast: 50 } }],
    ['a purl that is none', { package: 'pkg:deb' }],
    ['an ecosystem in capitals', { ecosystem: 'Debian' }],
    ['a field that nobody knows', { severty: 'high' }],
  ])('refuses %s', (_title, written) => {
    expect(thresholdKind.schema.safeParse({ max: 0, ...written }).success).toBe(false)
  })
})

describe('thresholdKind.loosened', () => {
  it.each([
    ['the same', { severity: 'high' }, { severity: 'high' }, []],
    ['a lower limit', { max: 5 }, { max: 4 }, []],
    ['a higher limit', { max: 4 }, { max: 5 }, ['max']],
    ['more severities', { severity: 'critical' }, { severity: ['high', 'critical'] }, []],
    ['less severities', { severity: ['high', 'critical'] }, { severity: 'critical' }, ['severity']],
    ['any severity', { severity: 'critical' }, {}, []],
    ['one instead of any', {}, { severity: 'critical' }, ['severity']],
    ['another fix state', { fix: 'fixed' }, { fix: 'wont-fix' }, ['fix']],
    ['less usage', { usage: ['linked', 'executed'] }, { usage: 'executed' }, ['usage']],
    [
      'a longer grace',
      { age: { since: 'fix', atLeast: '7d' } },
      { age: { since: 'fix', atLeast: '8d' } },
      ['age.atLeast'],
    ],
    [
      'a shorter grace',
      { age: { since: 'fix', atLeast: '7d' } },
      { age: { since: 'fix', atLeast: '6d' } },
      [],
    ],
    ['a grace where there was none', {}, { age: { since: 'fix', atLeast: '1d' } }, ['age']],
    ['no grace', { age: { since: 'fix', atLeast: '7d' } }, {}, []],
    [
      'another clock',
      { age: { since: 'disclosure', atLeast: '7d' } },
      { age: { since: 'fix', atLeast: '1d' } },
      ['age.since'],
    ],
    ['listed for overdue', { kev: 'overdue' }, { kev: 'listed' }, []],
    ['overdue for listed', { kev: 'listed' }, { kev: 'overdue' }, ['kev']],
    ['a higher probability', { epss: { atLeast: 0.1 } }, { epss: { atLeast: 0.2 } }, ['epss.atLeast']],
    [
      'a percentile besides',
      { epss: { atLeast: 0.1 } },
      { epss: { atLeast: 0.1, percentile: 0.5 } },
      ['epss.percentile'],
    ],
    [
      'unscored ones left out',
      { epss: { atLeast: 0.1 } },
      { epss: { atLeast: 0.1, missing: 'skip' } },
      ['epss.missing'],
    ],
    ['unscored ones counted', { epss: { atLeast: 0.1, missing: 'skip' } }, { epss: { atLeast: 0.1 } }, []],
    ['one ecosystem', {}, { ecosystem: 'deb' }, ['ecosystem']],
    ['another package', { package: 'openssl' }, { package: 'zlib' }, ['package']],
    ['an exception', {}, { except: 'kernel-not-shipped' }, ['except']],
    ['no exception', { except: 'kernel-not-shipped' }, {}, []],
  ])('%s', (_title, parent, child, loosened) => {
    expect(paths(parent, child)).toEqual(loosened)
  })
})

describe('thresholdKind.loosenedByAdding', () => {
  type Written = Readonly<Record<string, unknown>>
  const rule = ({ mode = 'enforce', enforceFrom, ...written }: Written) => ({
    ...read(written),
    name: 'any',
    mode: mode as RuleMode,
    enforceFrom: enforceFrom as string | undefined,
  })
  const add = (added: Written, ...inherited: readonly Written[]) =>
    thresholdKind.loosenedByAdding?.(rule(added), inherited.map(rule)).length

  it.each([
    ['critical ones', { severity: 'critical', max: 5 }, [], 0],
    ['any ones', { max: 100 }, [], 0],
    ['unknown ones that may not be', { severity: 'unknown' }, [], 0],
    ['unknown ones that may be', { severity: 'unknown', max: 1 }, [], 1],
    ['unknown ones that are only audited', { severity: 'unknown', mode: 'audit' }, [], 1],
    [
      'unknown ones that may not be from some day on',
      { severity: 'unknown', enforceFrom: '2030-01-01' },
      [],
      1,
    ],
    ['unknown ones in a rule that is off', { severity: 'unknown', max: 1, mode: 'off' }, [], 0],
    [
      'unknown ones that an inherited rule limits, but for being off',
      { severity: 'unknown', max: 1 },
      [{ severity: 'unknown', mode: 'off' }],
      1,
    ],
    ['unknown ones with an exception', { severity: 'unknown', except: 'kernel-not-shipped' }, [], 1],
    [
      'unknown ones that an inherited rule limits',
      { severity: 'unknown', max: 1 },
      [{ severity: 'unknown', max: 9 }],
      0,
    ],
    [
      'unknown ones of which an inherited rule limits some',
      { severity: 'unknown', max: 1 },
      [{ severity: 'unknown', fix: 'fixed' }],
      1,
    ],
    [
      'some of the unknown ones that an inherited rule limits',
      { severity: ['unknown', 'low'], fix: 'fixed', max: 1 },
      [{ severity: 'unknown' }],
      0,
    ],
    ['unknown ones beside an inherited rule for any', { severity: 'unknown', max: 1 }, [{ max: 0 }], 1],
  ] as const)('%s', (_title, added, inherited, loosenings) => {
    expect(add(added, ...inherited)).toBe(loosenings)
  })
})

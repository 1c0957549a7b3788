import { digestOf } from '@sallyport/core'
import type { Finding } from '@sallyport/scan'
import { describe, expect, it } from 'vitest'
import type { WaiverTerms } from '../document/tier.ts'
import {
  cve,
  inTerms,
  judge,
  now,
  openBook,
  setting,
  waiverOf,
  zlibFinding as finding,
} from './finding.fixture.ts'
import { openWaivers } from './open-waivers.ts'
import type { Waiver, WaiverScope } from './waiver.ts'

const day = 86_400_000
const image = digestOf('image')

describe('the end of a waiver', () => {
  const expires = '2027-02-01T00:00:00.000Z'
  it.each([
    ['a millisecond before', -1, true, 'applied'],
    ['at the instant', 0, false, 'expired'],
    ['a millisecond after', 1, false, 'expired'],
  ])('pitfall 17: %s', (_, milliseconds, waived, state) => {
    const at = new Date(Date.parse(expires) + milliseconds)
    const result = judge(waiverOf('W', cve, { expires }), finding, { now: at })
    expect(result).toMatchObject({ waived, state: { state } })
    if (!waived) expect(result.why).toBe(`it expired at ${expires}`)
  })

  it('pitfall 3: is told, with what it would have covered', () => {
    expect(judge(waiverOf('W', cve, { expires: '2026-11-26T11:59:59.000Z' })).state).toEqual({
      id: 'W',
      state: 'expired',
      expires: '2026-11-26T11:59:59.000Z',
      owner: 'platform',
      findings: 0,
      why: 'it expired at 2026-11-26T11:59:59.000Z; it covers 1 finding',
    })
  })

  it('is in the past when nobody can read it', () => {
    expect(judge({ ...waiverOf('W', cve), expires: 'never' })).toMatchObject({
      waived: false,
      state: { state: 'expired' },
    })
  })

  it.each([
    ['at the edge of its time', 14 * day, true],
    ['before that', 14 * day + 1, undefined],
  ])('is near %s', (_, left, nearExpiry) => {
    const until = new Date(now.getTime() + left).toISOString()
    expect(judge(waiverOf('W', cve, { expires: until })).state?.nearExpiry).toBe(nearExpiry)
  })
})

describe('the terms of a tier', () => {
  const days = (count: number) => new Date(now.getTime() + count * day).toISOString()
  it.each<[string, Partial<Waiver>, Partial<WaiverTerms>, string | undefined]>([
    ['a life as long as it may be', { expires: days(90) }, { maxLifetimeMs: 90 * day }, undefined],
    ['a longer life', { expires: days(91) }, { maxLifetimeMs: 90 * day }, '91 days'],
    [
      'a longer life of which most is over',
      { expires: days(1), granted: { at: days(-90), severity: 'critical' } },
      { maxLifetimeMs: 90 * day },
      'it lasts 91 days, and the tier allows 90 days',
    ],
    [
      'a grant that is still to come',
      { expires: days(1000), granted: { at: days(999), severity: 'critical' } },
      { maxLifetimeMs: 90 * day },
      '1000 days',
    ],
    ['no approver', {}, { approverRequired: true }, 'requires an approver'],
    ['an approver', { approver: 'Ada' }, { approverRequired: true }, undefined],
    ['no waivers allowed', {}, { allowed: false }, 'the tier allows no waivers'],
  ])('%s', (_, change, terms, why) => {
    const result = judge(waiverOf('W', cve, change), finding, inTerms(terms))
    expect(result.waived).toBe(why === undefined)
    expect(result.state?.state).toBe(why === undefined ? 'applied' : 'too-wide')
    if (why !== undefined) {
      expect(result.why).toContain(why)
      expect(result.state?.why).toContain(why)
    }
  })

  it('leave waivers of other tiers alone, and tell which tier does not exist', () => {
    const stage = waiverOf('W', cve, { tiers: ['stage'] })
    expect(judge(stage)).toEqual({ waived: false, why: 'it does not apply to tier prod', state: undefined })
    expect(judge(stage, finding, { tiers: ['prod', 'stage'] }).state).toBeUndefined()
    expect(judge(stage, finding, { tiers: ['prod'] }).state).toMatchObject({
      state: 'unused',
      why: 'no tier is named "stage"',
    })
    expect(judge(waiverOf('W', cve, { tiers: ['stage', 'prod'] })).waived).toBe(true)
  })
})

describe('a waiver whose finding got worse', () => {
  const granted = { at: '2026-11-01T00:00:00.000Z', severity: 'medium', kev: false } as const
  const kev = { dateAdded: '2026-11-20' }
  const medium: Finding = { ...finding, severity: 'medium' }
  it.each<[string, Partial<Waiver>, Partial<Finding>, string | undefined]>([
    ['not at all', { granted }, {}, undefined],
    ['less severe', { granted }, { severity: 'low' }, undefined],
    ['more severe', { granted }, { severity: 'high' }, 'granted for medium, and the finding is high'],
    ['unrated', { granted }, { severity: 'unknown' }, 'the finding is unknown'],
    [
      'unrated, from the worst',
      { granted: { ...granted, severity: 'critical' } },
      { severity: 'unknown' },
      undefined,
    ],
    ['still unrated', { granted: { ...granted, severity: 'unknown' } }, { severity: 'unknown' }, undefined],
    ['rated', { granted: { ...granted, severity: 'unknown' } }, { severity: 'low' }, 'granted for unknown'],
    ['without a word on severity', {}, { severity: 'critical' }, undefined],
    ['exploited', { granted }, { kev }, 'known to be exploited (listed 2026-11-20)'],
    ['exploited, which nobody had asked', { granted: { ...granted, kev: undefined } }, { kev }, 'exploited'],
    ['exploited, without a grant', {}, { kev }, 'exploited'],
    ['exploited, which was known', { granted: { ...granted, kev: true } }, { kev }, undefined],
    ['fixed', { granted }, { fix: { state: 'fixed', versions: ['2'] } }, undefined],
    [
      'fixed, and it waits for that',
      { until: 'fixed' },
      { fix: { state: 'fixed', versions: ['2'] } },
      'a fix: 2',
    ],
    [
      'a version without a state',
      { until: 'fixed' },
      { fix: { state: 'unknown', versions: ['2'] } },
      'a fix: 2',
    ],
    ['no fix will come', { until: 'fixed' }, { fix: { state: 'wont-fix', versions: [] } }, undefined],
    [
      'pitfall 14: fixed elsewhere, not for this release',
      { until: 'fixed' },
      { fix: { state: 'wont-fix', versions: ['2'] } },
      undefined,
    ],
  ])('%s', (_, change, worse, why) => {
    const result = judge(waiverOf('W', cve, change), { ...medium, ...worse })
    expect(result.waived).toBe(why === undefined)
    expect(result.state?.state).toBe(why === undefined ? 'applied' : 'void')
    if (why !== undefined) {
      expect(result.why).toContain(why)
      expect(result.state?.why).toContain(why)
    }
  })

  it('pitfall 1: an alias rated critical later voids what was granted for a moderate id', () => {
    const ghsa = waiverOf('W', 'GHSA-mq29-j5xf-cjwr', { granted })
    const before = { ...medium, id: 'GHSA-mq29-j5xf-cjwr', aliases: [] }
    expect(judge(ghsa, before)).toMatchObject({ waived: true })
    const after: Finding = { ...before, id: cve, aliases: ['GHSA-mq29-j5xf-cjwr'], severity: 'critical' }
    expect(judge(ghsa, after)).toMatchObject({
      waived: false,
      why: 'it was granted for medium, and the finding is critical',
      state: { state: 'void', findings: 0 },
    })
  })

  it('still applies to what did not get worse, and tells the rest', () => {
    const book = openBook([waiverOf('W', cve, { granted })])
    expect(book.match(medium).waivedBy).toBe('W')
    expect(book.match({ ...medium, severity: 'critical' }).waivedBy).toBeUndefined()
    expect(book.states()).toMatchObject([
      {
        state: 'applied',
        findings: 1,
        why: 'not for each: it was granted for medium, and the finding is critical',
      },
    ])
  })
})

describe('several waivers', () => {
  const wide = waiverOf('A-wide', cve)
  const narrow = waiverOf('B-narrow', cve, {
    scope: { package: 'pkg:deb/debian/zlib1g', repository: 'prod.example/app' },
  })

  it('the narrowest applies, the other is shadowed until that one ends', () => {
    for (const waivers of [
      [wide, narrow],
      [narrow, wide],
    ]) {
      const book = openBook(waivers)
      expect(book.match(finding)).toEqual({ waivedBy: 'B-narrow' })
      expect(book.states()).toMatchObject([
        { id: 'A-wide', state: 'shadowed', findings: 0, why: 'all that it covers, B-narrow does' },
        { id: 'B-narrow', state: 'applied', findings: 1 },
      ])
    }
    const book = openBook([wide, { ...narrow, expires: '2026-01-01T00:00:00.000Z' }])
    expect(book.match(finding)).toEqual({ waivedBy: 'A-wide' })
    expect(book.states()).toMatchObject([{ state: 'applied' }, { state: 'expired' }])
  })

  it.each<[string, WaiverScope, WaiverScope]>([
    [
      'a version before a range',
      { package: 'pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1' },
      { package: 'pkg:deb/debian/zlib1g', versions: 'vers:deb/>=1' },
    ],
    [
      'a range before none',
      { package: 'pkg:deb/debian/zlib1g', versions: 'vers:deb/>=1' },
      { package: 'pkg:deb/debian/zlib1g' },
    ],
    [
      'two parts before one',
      { digest: image, repository: 'prod.example/app' },
      { package: 'pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1' },
    ],
    ['an image before its repository', { digest: image }, { repository: 'prod.example/app' }],
    [
      'a qualifier before none',
      { package: 'pkg:deb/debian/zlib1g?arch=amd64' },
      { package: 'pkg:deb/debian/zlib1g' },
    ],
    [
      'a package before its source',
      { package: 'pkg:deb/debian/zlib1g' },
      { package: 'pkg:deb/debian/zlib', sourcePackage: true },
    ],
  ])('%s', (_, first, second) => {
    const waivers = [waiverOf('A', cve, { scope: second }), waiverOf('B', cve, { scope: first })]
    const book = openBook(waivers, { image: { digests: [image], repository: 'prod.example/app' } })
    expect(book.match(finding)).toEqual({ waivedBy: 'B' })
    expect(book.states()).toMatchObject([{ state: 'shadowed' }, { state: 'applied' }])
  })

  it('the same id in two files is an error, whatever it says', () => {
    const file = (source: string) => ({ source, digest: digestOf(source), waivers: [wide] })
    expect(() => openWaivers([file('a.yaml'), file('b.yaml')], setting)).toThrow(
      expect.objectContaining({
        code: 'POLICY_INVALID',
        message: expect.stringContaining('a.yaml and in b.yaml') as string,
      }),
    )
  })

  it('for the same vulnerability under different ids are all found, each once', () => {
    const aliases = ['GHSA-a', cve, 'GHSA-a']
    for (const both of [
      { ...finding, aliases },
      { ...finding, id: 'GHSA-a', aliases },
    ]) {
      const book = openBook([waiverOf('A', cve), waiverOf('B', 'GHSA-a')])
      expect(book.match(both)).toEqual({ waivedBy: 'A' })
      expect(book.states()).toMatchObject([{ state: 'applied', findings: 1 }, { state: 'shadowed' }])
    }
  })

  describe('for a finding that several CVEs were joined into', () => {
    const other = 'CVE-2023-99999'
    const both = { ...finding, aliases: ['RUSTSEC-2023-0001', other.toLowerCase(), other] }
    it.each([
      ['one of them', [cve], undefined, ['void']],
      ['the other', [other], undefined, ['void']],
      ['each of them', [cve, other], 'W-0', ['applied', 'applied']],
      ['what stands for all of them', ['RUSTSEC-2023-0001'], 'W-0', ['applied']],
      ['that and one of them', [cve, 'RUSTSEC-2023-0001'], 'W-0', ['applied', 'applied']],
    ])('count when they name %s', (_, names, waivedBy, states) => {
      const book = openBook(names.map((name, at) => waiverOf(`W-${at}`, name)))
      expect(book.match(both).waivedBy).toBe(waivedBy)
      expect(book.states().map(({ state }) => state)).toEqual(states)
    })

    it('say what is missing', () => {
      expect(judge(waiverOf('W', cve), both)).toMatchObject({
        waived: false,
        why: 'the finding is CVE-2023-99999 as well, which no waiver covers',
      })
    })
  })
})

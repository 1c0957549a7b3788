import { digestOf } from '@sallyport/core'
import type { Finding } from '@sallyport/scan'
import { describe, expect, it } from 'vitest'
import type { WaiverTerms } from '../document/tier.ts'
import { findingOf, now, openTerms, setting, waiverOf } from './finding.fixture.ts'
import { openWaivers, type OpenWaiversOptions } from './open-waivers.ts'
import type { Waiver, WaiverScope } from './waiver.ts'

const cve = 'CVE-2023-45853'
const zlib = 'pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1?arch=amd64&distro=debian-12'
const finding = findingOf(cve, zlib, { sourceName: 'zlib', sourceVersion: '1:1.2.13.dfsg-1' })
const day = 86_400_000
const [image, other] = [digestOf('image'), digestOf('other')]

const open = (waivers: readonly Waiver[], options: Partial<OpenWaiversOptions> = {}) =>
  openWaivers([{ source: 'waivers.yaml', digest: digestOf('waivers'), waivers }], { ...setting, ...options })

const inTerms = (terms: Partial<WaiverTerms>): Pick<OpenWaiversOptions, 'tier'> => ({
  tier: { name: 'prod', waivers: { ...openTerms, ...terms } },
})

/** What one waiver does to one finding, and its state. */
const judge = (waiver: Waiver, found: Finding = finding, options: Partial<OpenWaiversOptions> = {}) => {
  const book = open([waiver], options)
  const match = book.match(found)
  return { waived: match.waivedBy === waiver.id, why: match.nearMiss?.why, state: book.states()[0] }
}

describe('a waiver of a vulnerability', () => {
  const ghsa = 'GHSA-mq29-j5xf-cjwr'
  it.each([
    ['its id', cve, finding, true],
    ['its id in other letters', 'cve-2023-45853', finding, true],
    ['pitfall 1: an alias, the report naming the CVE', ghsa, { ...finding, aliases: [ghsa] }, true],
    ['pitfall 1: the CVE, the report naming an alias', cve, { ...finding, id: ghsa, aliases: [cve] }, true],
    ['an alias in other letters', 'ghsa-MQ29-j5xf-cjwr', { ...finding, aliases: [ghsa] }, true],
    [
      'the id of a distribution',
      'DEBIAN-CVE-2023-45853',
      { ...finding, aliases: ['DEBIAN-CVE-2023-45853'] },
      true,
    ],
    ['a longer id', 'CVE-2023-458530', finding, false],
    ['a shorter id', 'CVE-2023-4585', finding, false],
    ['no id of it', 'CVE-2023-1', finding, false],
  ])('by %s', (_, vulnerability, found, waived) => {
    const result = judge(waiverOf('W', vulnerability), found)
    expect(result).toMatchObject({
      waived,
      state: { state: waived ? 'applied' : 'unused', findings: Number(waived) },
    })
    if (!waived) expect(result.why).toBeUndefined()
  })
})

describe('a scope', () => {
  const libssl = findingOf(cve, 'pkg:deb/debian/libssl3@3.0.1-1+b2?arch=amd64', {
    sourceName: 'openssl',
    sourceVersion: '3.0.1-1',
  })
  const unnamed = findingOf(cve, 'libssl3')
  const lodash = findingOf(cve, 'pkg:npm/lodash@4.17.4')
  const here = { digests: [image, digestOf('source')], repository: 'prod.example/app' }
  it.each<[string, WaiverScope, Finding, true | string]>([
    ['a package', { package: 'pkg:deb/debian/libssl3' }, libssl, true],
    ['a package, written otherwise', { package: 'pkg:DEB/Debian/libssl3' }, libssl, true],
    ['its version', { package: 'pkg:deb/debian/libssl3@3.0.1-1%2Bb2' }, libssl, true],
    ['another version', { package: 'pkg:deb/debian/libssl3@3.0.1-1' }, libssl, 'for version 3.0.1-1'],
    ['a qualifier', { package: 'pkg:deb/debian/libssl3?arch=amd64' }, libssl, true],
    ['another qualifier', { package: 'pkg:deb/debian/libssl3?arch=arm64' }, libssl, 'these qualifiers'],
    [
      'a qualifier it lacks',
      { package: 'pkg:deb/debian/libssl3?distro=debian-12' },
      libssl,
      'these qualifiers',
    ],
    ['a part', { package: 'pkg:deb/debian/libssl3#lib' }, libssl, 'these qualifiers'],
    [
      'pitfall 2: another package',
      { package: 'pkg:deb/debian/zlib1g' },
      libssl,
      'it is for pkg:deb/debian/zlib1g',
    ],
    ['a package with a longer name', { package: 'pkg:deb/debian/libssl3-dev' }, libssl, 'it is for pkg:deb'],
    ['another namespace', { package: 'pkg:deb/ubuntu/libssl3' }, libssl, 'it is for pkg:deb/ubuntu/libssl3'],
    ['no namespace', { package: 'pkg:deb/libssl3' }, libssl, 'it is for pkg:deb/libssl3'],
    ['another type', { package: 'pkg:rpm/debian/libssl3' }, libssl, 'it is for pkg:rpm/debian/libssl3'],
    ['pitfall 2: the source package', { package: 'pkg:deb/debian/openssl' }, libssl, 'sourcePackage: true'],
    ['the source package, meant', { package: 'pkg:deb/debian/openssl', sourcePackage: true }, libssl, true],
    ['its version', { package: 'pkg:deb/debian/openssl@3.0.1-1', sourcePackage: true }, libssl, true],
    [
      'that of the binary',
      { package: 'pkg:deb/debian/openssl@3.0.1-1%2Bb2', sourcePackage: true },
      libssl,
      'version',
    ],
    ['the binary as source', { package: 'pkg:deb/debian/libssl3', sourcePackage: true }, libssl, 'built of'],
    ['a source that nobody names', { package: 'pkg:npm/lodash', sourcePackage: true }, lodash, true],
    [
      'a source whose version nobody knows',
      { package: 'pkg:deb/debian/openssl@3.0.1-1', sourcePackage: true },
      { ...libssl, package: { ...libssl.package, sourceVersion: undefined } },
      'version',
    ],
    ['a range', { package: 'pkg:deb/debian/libssl3', versions: 'vers:deb/>=3|<3.1' }, libssl, true],
    [
      'a range below',
      { package: 'pkg:deb/debian/libssl3', versions: 'vers:deb/<3' },
      libssl,
      'version vers:deb/<3',
    ],
    [
      'a range of the source',
      { package: 'pkg:deb/debian/openssl', sourcePackage: true, versions: 'vers:deb/<3.0.1-1+b1' },
      libssl,
      true,
    ],
    [
      'a range that has no place for it',
      { package: 'pkg:npm/lodash', versions: 'vers:npm/>=1.0.0' },
      findingOf(cve, 'pkg:npm/lodash@latest'),
      "can't be compared",
    ],
    ['a package, of one without purl', { package: 'pkg:deb/debian/libssl3' }, unnamed, 'no readable purl'],
    ['the image, of one without purl', { digest: image }, unnamed, true],
    ['the image', { digest: image }, libssl, true],
    ['the image it was made of', { digest: digestOf('source') }, libssl, true],
    ['another image', { digest: other }, libssl, `for image ${other}`],
    ['the repository', { repository: 'prod.example/app' }, libssl, true],
    ['a folder above the repository', { repository: 'prod.example/ap' }, libssl, 'for prod.example/ap'],
    ['another registry', { repository: 'dev.example/app' }, libssl, 'for dev.example/app'],
    ['package and image', { package: 'pkg:deb/debian/libssl3', digest: image }, libssl, true],
    [
      'the package in another image',
      { package: 'pkg:deb/debian/libssl3', digest: other },
      libssl,
      'for image',
    ],
    [
      'another package in the image',
      { package: 'pkg:deb/debian/zlib1g', digest: image },
      libssl,
      'it is for pkg:deb',
    ],
  ])('of %s', (_, scope, found, expected) => {
    const result = judge(waiverOf('W', cve, { scope }), found, { image: here })
    expect(result.waived).toBe(expected === true)
    if (expected !== true) {
      expect(result.why).toContain(expected)
      expect(result.state).toMatchObject({
        state: 'unused',
        why: `1 finding of ${cve}, but elsewhere than it says`,
      })
    }
  })
})

describe('a scope that parseWaivers would refuse', () => {
  it.each<WaiverScope>([
    {},
    { sourcePackage: true },
    { package: 'zlib1g' },
    { package: '' },
    { versions: 'vers:deb/*' },
    { package: 'pkg:deb/debian/zlib1g', versions: '<9' },
  ])('covers nothing: %j', (scope) => {
    expect(judge(waiverOf('W', cve, { scope })).waived).toBe(false)
  })
})

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
    [
      'its owner as approver',
      { approver: 'Platform' },
      { approverRequired: true },
      'its approver is its owner',
    ],
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
    const book = open([waiverOf('W', cve, { granted })])
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
      const book = open(waivers)
      expect(book.match(finding)).toEqual({ waivedBy: 'B-narrow' })
      expect(book.states()).toMatchObject([
        { id: 'A-wide', state: 'shadowed', findings: 0, why: 'all that it covers, B-narrow does' },
        { id: 'B-narrow', state: 'applied', findings: 1 },
      ])
    }
    const book = open([wide, { ...narrow, expires: '2026-01-01T00:00:00.000Z' }])
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
    const book = open(waivers, { image: { digests: [image], repository: 'prod.example/app' } })
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
    const both = { ...finding, aliases: ['GHSA-a', cve, 'GHSA-a'] }
    const book = open([waiverOf('A', cve), waiverOf('B', 'GHSA-a')])
    expect(book.match(both)).toEqual({ waivedBy: 'A' })
    expect(book.states()).toMatchObject([{ state: 'applied', findings: 1 }, { state: 'shadowed' }])
  })
})

describe('the nearest miss', () => {
  const scope = { package: 'pkg:deb/debian/zlib1g' }
  const expired = { expires: '2026-01-01T00:00:00.000Z' }
  const nearest: readonly Waiver[] = [
    waiverOf('expired', cve, { scope, ...expired }),
    waiverOf('expired and too wide', cve, { scope, ...expired, approver: 'platform' }),
    waiverOf('tier', cve, { scope, tiers: ['dev'], approver: 'Ada' }),
    waiverOf('version', cve, { scope: { package: 'pkg:deb/debian/zlib1g@9' }, approver: 'Ada' }),
    waiverOf('qualifier', cve, { scope: { package: 'pkg:deb/debian/zlib1g?arch=arm64' }, approver: 'Ada' }),
    waiverOf('image', cve, { scope: { ...scope, digest: other }, approver: 'Ada' }),
    waiverOf('source', cve, { scope: { package: 'pkg:deb/debian/zlib' }, approver: 'Ada' }),
    waiverOf('package', cve, { scope: { package: 'pkg:deb/debian/libpng' }, approver: 'Ada' }),
    waiverOf('package, expired', cve, {
      scope: { package: 'pkg:deb/debian/libpng' },
      approver: 'Ada',
      ...expired,
    }),
  ].map((waiver) => (waiver.id === 'expired' ? { ...waiver, approver: 'Ada' } : waiver))

  it.each(nearest.map(({ id }, index) => [id, index] as const))(
    'is "%s" before all farther ones',
    (id, index) => {
      for (const waivers of [nearest.slice(index), nearest.slice(index).reverse()]) {
        expect(open(waivers, inTerms({ approverRequired: true })).match(finding).nearMiss?.waiver).toBe(id)
      }
    },
  )

  it('tells all that is in the way', () => {
    const waiver = waiverOf('W', cve, {
      scope: { package: 'pkg:deb/debian/zlib1g@9', digest: other },
      ...expired,
      tiers: ['dev'],
    })
    expect(judge(waiver).why).toBe(
      `it is for image ${other}; it is for version 9; it does not apply to tier prod; it expired at 2026-01-01T00:00:00.000Z`,
    )
  })
})

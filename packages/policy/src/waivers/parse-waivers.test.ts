import { digestOf, isSallyportError } from '@sallyport/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defineWaivers } from './define-waivers.ts'
import { formatWaivers } from './format-waivers.ts'
import { parseWaivers } from './parse-waivers.ts'
import type { WaiverInput } from './waiver.schema.ts'

const source = 'waivers.yaml'
const digest = digestOf('image')

const input: WaiverInput = {
  id: 'W-1',
  vulnerability: 'CVE-2023-45853',
  scope: { package: 'pkg:deb/debian/zlib1g' },
  reason: 'minizip is not part of the Debian build',
  owner: 'platform',
  expires: '2027-01-31',
}

const issuesOf = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    if (isSallyportError(error) && error.code === 'POLICY_INVALID' && 'issues' in error) {
      return error.issues as { path: string; line: number; column: number; message: string }[]
    }
    throw error
  }
  return []
}

describe('parseWaivers', () => {
  it('reads a file with everything', () => {
    const text = `
version: 1
waivers:
  - id: W-12
    vulnerability: CVE-2023-45853
    scope:
      package: pkg:deb/debian/zlib
      versions: 'vers:deb/>=1:1.2|<1:1.4'
      sourcePackage: true
      digest: ${digest}
      repository: prod.example:5000/team/app
    tiers: [prod]
    reason: minizip is not part of the Debian build
    owner: platform team
    approver: Ada
    ticket: SEC-7
    expires: 2027-01-31
    until: fixed
    granted: { at: 2026-11-01, severity: medium, fix: not-fixed, kev: false }
`
    expect(parseWaivers(text, { source })).toEqual({
      source,
      digest: digestOf(text),
      waivers: [
        {
          id: 'W-12',
          vulnerability: 'CVE-2023-45853',
          scope: {
            package: 'pkg:deb/debian/zlib',
            versions: 'vers:deb/>=1:1.2|<1:1.4',
            sourcePackage: true,
            digest,
            repository: 'prod.example:5000/team/app',
          },
          tiers: ['prod'],
          reason: 'minizip is not part of the Debian build',
          owner: 'platform team',
          approver: 'Ada',
          ticket: 'SEC-7',
          expires: '2027-02-01T00:00:00.000Z',
          expiresText: '2027-01-31',
          until: 'fixed',
          granted: { at: '2026-11-01T00:00:00.000Z', severity: 'medium', fix: 'not-fixed', kev: false },
        },
      ],
    })
  })

  it('reads a file without waivers, but no empty one', () => {
    expect(parseWaivers('version: 1\nwaivers: []', { source }).waivers).toEqual([])
    expect(() => parseWaivers('', { source })).toThrow(expect.objectContaining({ code: 'POLICY_INVALID' }))
    expect(() => parseWaivers('version: 1', { source })).toThrow('waivers')
  })

  it.each<[string, object, string]>([
    ['no id', { id: undefined }, 'id'],
    ['an id of several lines', { id: 'a\nb' }, 'id'],
    ['no vulnerability', { vulnerability: undefined }, 'vulnerability'],
    ['a pattern of vulnerabilities', { vulnerability: 'CVE-2023-*' }, 'vulnerability'],
    ['no reason', { reason: undefined }, 'reason'],
    ['an empty reason', { reason: '  ' }, 'reason'],
    ['no owner', { owner: undefined }, 'owner'],
    ['no scope', { scope: undefined }, 'scope'],
    ['pitfall 2: a scope of nothing', { scope: {} }, 'scope'],
    ['a scope that is one by its options only', { scope: { sourcePackage: true } }, 'scope'],
    ['a package that is no purl', { scope: { package: 'zlib1g' } }, 'scope.package'],
    ['a pattern of packages', { scope: { package: 'pkg:deb/debian/*' } }, 'scope.package'],
    ['a pattern of versions', { scope: { package: 'pkg:deb/debian/zlib1g@1.*' } }, 'scope.package'],
    ['a version that is missing', { scope: { package: 'pkg:deb/debian/zlib1g@' } }, 'scope.package'],
    ['a range without a package', { scope: { digest, versions: 'vers:deb/<1' } }, 'scope.versions'],
    ['a malformed range', { scope: { package: 'pkg:deb/debian/zlib1g', versions: '<1' } }, 'scope.versions'],
    [
      'a range of another type',
      { scope: { package: 'pkg:deb/debian/zlib1g', versions: 'vers:npm/<1.0.0' } },
      'scope.versions',
    ],
    [
      'a range and a version',
      { scope: { package: 'pkg:deb/debian/zlib1g@1', versions: 'vers:deb/<2' } },
      'scope.versions',
    ],
    ['a digest that is none', { scope: { digest: 'sha256:abc' } }, 'scope.digest'],
    ['pitfall 21: a tag', { scope: { repository: 'prod.example/app:1' } }, 'scope.repository'],
    ['a digest as repository', { scope: { repository: `prod.example/app@${digest}` } }, 'scope.repository'],
    ['a pattern of repositories', { scope: { repository: 'prod.example/*' } }, 'scope.repository'],
    ['a repository without registry', { scope: { repository: 'team/app' } }, 'scope.repository'],
    ['no expiry', { expires: undefined }, 'expires'],
    ['an empty expiry', { expires: '' }, 'expires'],
    ['null for an expiry', { expires: null }, 'expires'],
    ['a number for an expiry', { expires: 20270131 }, 'expires'],
    ['the word never for an expiry', { expires: 'never' }, 'expires'],
    ['a day that does not exist', { expires: '2027-02-30' }, 'expires'],
    ['a time without zone', { expires: '2027-01-31T12:00:00' }, 'expires'],
    ['no tier at all', { tiers: [] }, 'tiers'],
    ['a tier that can have no such name', { tiers: ['Prod'] }, 'tiers[0]'],
    ['an end that nobody knows', { until: 'patched' }, 'until'],
    ['a grant without severity', { granted: { at: '2026-01-01' } }, 'granted.severity'],
    [
      'a severity that nobody knows',
      { granted: { at: '2026-01-01', severity: 'moderate' } },
      'granted.severity',
    ],
    ['a grant at no time', { granted: { at: 'yesterday', severity: 'low' } }, 'granted.at'],
    ['a grant after the end', { granted: { at: '2027-02-01', severity: 'low' } }, 'expires'],
    [
      'a wait for the fix that there was',
      { until: 'fixed', granted: { at: '2026-11-01', severity: 'low', fix: 'fixed' } },
      'until',
    ],
    [
      'pitfall 3: another word for the expiry',
      { expires: undefined, expired_at: '2027-01-31' },
      'expired_at',
    ],
    ['an unknown field of the scope', { scope: { digest, paths: ['/app'] } }, 'scope.paths'],
  ])('pitfall 3: refuses %s', (_, change, path) => {
    const text = JSON.stringify({ version: 1, waivers: [{ ...input, ...change }] })
    const paths = issuesOf(() => parseWaivers(text, { source })).map((issue) => issue.path)
    expect(paths).toContain(`waivers[0].${path}`)
  })

  it('tells where the fault is', () => {
    const text = `version: 1
waivers:
  - id: W-1
    vulnerability: CVE-2023-45853
    scope: { package: 'pkg:deb/debian/zlib1g' }
    reason: r
    owner: o
    expires: 2027-02-30
`
    expect(issuesOf(() => parseWaivers(text, { source }))).toMatchObject([
      { line: 8, column: 14, path: 'waivers[0].expires' },
    ])
  })

  it('reads bytes, and no others than UTF-8', () => {
    const bytes = new TextEncoder().encode(JSON.stringify({ version: 1, waivers: [input] }))
    expect(parseWaivers(bytes, { source })).toEqual(parseWaivers(new TextDecoder().decode(bytes), { source }))
    expect(issuesOf(() => parseWaivers(Uint8Array.of(0xff), { source }))).toHaveLength(1)
  })

  it('refuses a second waiver with the same id, and a key twice', () => {
    const twice = JSON.stringify({ version: 1, waivers: [input, input] })
    expect(issuesOf(() => parseWaivers(twice, { source }))).toMatchObject([{ path: 'waivers[1].id' }])
    const key = JSON.stringify({ version: 1, waivers: [input] }).replace(
      '"owner"',
      '"expires":"2099-01-01","owner"',
    )
    expect(() => parseWaivers(key, { source })).toThrow(expect.objectContaining({ code: 'POLICY_INVALID' }))
  })
})

describe('defineWaivers', () => {
  it('makes the file that its text makes', () => {
    const file = defineWaivers([input], { source })
    expect(parseWaivers(formatWaivers(file), { source })).toEqual(file)
  })

  it('has the same digest in any order of fields', () => {
    const reversed = Object.fromEntries(Object.entries(input).reverse()) as WaiverInput
    expect(defineWaivers([reversed], { source })).toEqual(defineWaivers([input], { source }))
  })

  it('refuses a field that nobody knows', () => {
    const misspelt = { ...input, expire: '2027-01-31' }
    expect(issuesOf(() => defineWaivers([misspelt], { source }))).toHaveLength(1)
  })
})

const line = fc.stringMatching(/^[^\p{C}\p{Z}][^\p{C}]{0,20}[^\p{C}\p{Z}]$/u)
const iso = fc
  .date({ min: new Date('2027-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString())
const inputs: fc.Arbitrary<WaiverInput> = fc.record(
  {
    id: line,
    vulnerability: fc.constantFrom('CVE-2023-45853', 'GHSA-xxxx-yyyy-zzzz'),
    scope: fc.constantFrom<WaiverInput['scope'][]>(
      { package: 'pkg:deb/debian/zlib1g', versions: 'vers:deb/>=1|<2' },
      { package: 'pkg:npm/%40a/b@1.0.0', repository: 'prod.example/app' },
      { digest },
    ),
    reason: fc.oneof(line, fc.constant('two\nlines: # and "quotes"')),
    owner: line,
    expires: fc.oneof(
      iso,
      iso.map((text) => text.slice(0, 10)),
      fc.constant('2027-01-01T00:30:00+02:00'),
    ),
    tiers: fc.constant(['prod', 'dev']),
    approver: line,
    ticket: fc.oneof(line, fc.constantFrom('null', '0x10', '2027-01-01', 'yes', '- a', '*a', '&a')),
    until: fc.constant('fixed' as const),
    granted: fc.record(
      {
        at: fc.constantFrom('2026-01-01', '2026-01-01T00:00:00+01:00'),
        severity: fc.constantFrom('unknown' as const, 'critical' as const),
        fix: fc.constantFrom('not-fixed' as const, 'wont-fix' as const),
        kev: fc.boolean(),
      },
      { requiredKeys: ['at', 'severity'] },
    ),
  },
  { requiredKeys: ['id', 'vulnerability', 'scope', 'reason', 'owner', 'expires'] },
)

describe('formatWaivers', () => {
  it('writes what parseWaivers reads', () => {
    fc.assert(
      fc.property(fc.uniqueArray(inputs, { selector: ({ id }) => id.trim(), maxLength: 4 }), (list) => {
        const file = defineWaivers(list, { source })
        expect(parseWaivers(formatWaivers(file), { source })).toEqual(file)
      }),
      { numRuns: 50 },
    )
  })
})

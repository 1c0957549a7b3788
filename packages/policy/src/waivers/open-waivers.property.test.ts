import { digestOf } from '@sallyport/core'
import type { Finding } from '@sallyport/scan'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findingOf, now, setting, waiverOf } from './finding.fixture.ts'
import { openWaivers } from './open-waivers.ts'
import type { Waiver, WaiverScope } from './waiver.ts'

const digest = digestOf('image')
const image = { digests: [digest], repository: 'prod.example/app' }
const ids = ['CVE-1-1', 'CVE-1-2', 'GHSA-a']

const scopes: fc.Arbitrary<WaiverScope> = fc
  .record({
    package: fc.constantFrom(
      undefined,
      'pkg:deb/debian/zlib1g',
      'pkg:deb/debian/zlib1g@2',
      'pkg:deb/debian/zlib1g?arch=amd64',
      'pkg:deb/debian/zlib',
      'pkg:npm/lodash',
    ),
    versions: fc.constantFrom(undefined, 'vers:deb/>=1|<3'),
    sourcePackage: fc.constantFrom(undefined, true),
    digest: fc.constantFrom(undefined, digest, digestOf('other')),
    repository: fc.constantFrom(undefined, 'prod.example/app', 'dev.example/app'),
  })
  .map(({ package: purl, versions, sourcePackage, ...rest }) => {
    if (purl === undefined) return rest
    const ranged = purl.includes('deb') && !purl.includes('@')
    return { package: purl, sourcePackage, ...(ranged && { versions }), ...rest }
  })
  .filter((scope) => Object.values(scope).some((part) => typeof part === 'string'))

const waivers: fc.Arbitrary<Waiver[]> = fc
  .array(
    fc.record({
      vulnerability: fc.constantFrom(...ids),
      scope: scopes,
      expires: fc.constantFrom(
        '2026-11-26T12:00:00.000Z',
        '2026-11-26T12:00:00.001Z',
        '2027-01-01T00:00:00.000Z',
      ),
      tiers: fc.constantFrom(undefined, ['prod'], ['dev']),
      until: fc.constantFrom(undefined, 'fixed' as const),
      granted: fc.constantFrom(undefined, { at: '2026-11-01T00:00:00.000Z', severity: 'medium' as const }),
    }),
    { maxLength: 8 },
  )
  .map((list) => list.map((rest, index) => waiverOf(`W-${index}`, rest.vulnerability, rest)))

const findings: fc.Arbitrary<Finding[]> = fc.array(
  fc
    .record({
      id: fc.constantFrom(...ids),
      aliases: fc.subarray(ids),
      purl: fc.constantFrom(
        'pkg:deb/debian/zlib1g@2?arch=amd64',
        'pkg:deb/debian/zlib1g@4',
        'pkg:npm/lodash@4.17.4',
        'no purl',
      ),
      severity: fc.constantFrom('low' as const, 'high' as const),
      fix: fc.constantFrom(
        { state: 'fixed' as const, versions: ['9'] },
        { state: 'not-fixed' as const, versions: [] },
      ),
    })
    .map(({ id, purl, ...rest }) => findingOf(id, purl, { ...rest, sourceName: 'zlib', sourceVersion: '2' })),
  { maxLength: 8 },
)

const fileOf = (list: readonly Waiver[], source = 'a.yaml') => ({
  source,
  digest: digestOf(source),
  waivers: list,
})

const run = (files: readonly ReturnType<typeof fileOf>[], list: readonly Finding[], at = now) => {
  const book = openWaivers(files, { ...setting, image, now: at })
  return { matches: list.map((finding) => book.match(finding)), states: book.states() }
}

describe('openWaivers', () => {
  it('gives the same in any order of waivers and files', () => {
    fc.assert(
      fc.property(
        waivers.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }), fc.nat(8)),
        ),
        findings,
        ([list, shuffled, cut], found) => {
          const expected = run([fileOf(list)], found)
          expect(run([fileOf(shuffled)], found)).toEqual(expected)
          const files = [fileOf(shuffled.slice(cut), 'b.yaml'), fileOf(shuffled.slice(0, cut), 'c.yaml')]
          expect(run(files, found)).toEqual(expected)
        },
      ),
    )
  })

  it('gives the same in any order of findings', () => {
    fc.assert(
      fc.property(waivers, findings, (list, found) => {
        const forth = run([fileOf(list)], found)
        const back = run([fileOf(list)], [...found].reverse())
        expect(back.matches.reverse()).toEqual(forth.matches)
        expect(back.states).toEqual(forth.states)
      }),
    )
  })

  it('waives nothing by a waiver that expired', () => {
    fc.assert(
      fc.property(waivers, findings, (list, found) => {
        const valid = list.filter(({ expires }) => Date.parse(expires) > now.getTime())
        const waived = ({ matches }: ReturnType<typeof run>) => matches.map(({ waivedBy }) => waivedBy)
        expect(waived(run([fileOf(list)], found))).toEqual(waived(run([fileOf(valid)], found)))
      }),
    )
  })

  it('waives no more with a narrower scope', () => {
    const wider: fc.Arbitrary<[WaiverScope, WaiverScope]> = scopes.chain((scope) => {
      const cuts: WaiverScope[] = []
      const { versions, ...anyVersion } = scope
      if (versions !== undefined) cuts.push(anyVersion)
      if (scope.package?.includes('@')) cuts.push({ ...scope, package: scope.package.replace('@2', '') })
      if (scope.package?.includes('?'))
        cuts.push({ ...scope, package: scope.package.replace('?arch=amd64', '') })
      for (const part of ['digest', 'repository', 'package'] as const) {
        const cut: WaiverScope = { ...scope, [part]: undefined }
        if (part === 'package' && (scope.versions ?? scope.sourcePackage) !== undefined) continue
        if (cut.package ?? cut.digest ?? cut.repository) cuts.push(cut)
      }
      return fc.tuple(fc.constant(scope), fc.constantFrom(scope, ...cuts))
    })
    fc.assert(
      fc.property(wider, findings, ([narrow, wide], found) => {
        const covered = (scope: WaiverScope) =>
          run([fileOf([waiverOf('W', 'CVE-1-1', { scope })])], found).matches.map(
            ({ waivedBy }) => waivedBy === 'W',
          )
        const byWide = covered(wide)
        for (const [index, isCovered] of covered(narrow).entries()) {
          if (isCovered) expect(byWide[index]).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('counts each finding for one waiver at most', () => {
    fc.assert(
      fc.property(waivers, findings, (list, found) => {
        const { matches, states } = run([fileOf(list)], found)
        const waived = matches.filter(({ waivedBy }) => waivedBy !== undefined).length
        expect(states.reduce((sum, state) => sum + state.findings, 0)).toBe(waived)
        for (const { waivedBy, nearMiss } of matches)
          expect(waivedBy === undefined || nearMiss === undefined).toBe(true)
      }),
    )
  })
})

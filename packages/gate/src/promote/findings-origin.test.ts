import { digestOf } from '@sallyport/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countSeverities, findingsOrigin, originOf, sumOrigins } from './findings-origin.ts'
import type { PlatformSummary } from './platform-summary.ts'

type Finding = PlatformSummary['before']['findings'][number]
const severities = ['unknown', 'negligible', 'low', 'medium', 'high', 'critical'] as const

const findingOf = (severity: Finding['severity']): Finding => ({
  id: 'CVE-2026-1',
  aliases: [],
  package: { purl: 'pkg:deb/debian/a@1', type: 'deb', name: 'a', version: '1' },
  severity,
  ratings: [],
  fix: { state: 'unknown', versions: [] },
  scanners: ['sallyport'],
})
const imageOf = (...all: readonly Finding['severity'][]): PlatformSummary['before'] => ({
  digest: digestOf('image'),
  packages: 1,
  bytes: 1,
  findings: all.map(findingOf),
})

describe('countSeverities', () => {
  it('counts each severity that there is', () => {
    expect(countSeverities(imageOf('low', 'high', 'low').findings)).toEqual({ low: 2, high: 1 })
    expect(countSeverities([])).toEqual({})
  })
})

describe('originOf', () => {
  const name = { id: 'CVE-2026-1', purl: 'pkg:deb/debian/a@1' }

  it('tells what went with packages, with versions, and for no reason', () => {
    const change = { fixedByRemoval: [name, name], fixedByPatch: [name], remaining: 0, vanished: [name] }
    const before = imageOf('low', 'low', 'high', 'high')
    expect(originOf({ before, change })).toEqual({
      before: { low: 2, high: 2 },
      removed: 2,
      patched: 1,
      vanished: 1,
    })
  })

  it('tells of an image that nobody changed that nothing went', () => {
    expect(originOf({ before: imageOf('low') })).toEqual({
      before: { low: 1 },
      removed: 0,
      patched: 0,
      vanished: 0,
    })
  })
})

describe('findingsOrigin', () => {
  it('is that of all platforms', () => {
    const platforms = [{ before: imageOf('low') }, { before: imageOf('low', 'high') }]
    expect(findingsOrigin(platforms)).toMatchObject({ before: { low: 2, high: 1 } })
    expect(findingsOrigin([])).toBeUndefined()
  })
})

describe('sumOrigins', () => {
  const origin = fc.record({
    before: fc.dictionary(fc.constantFrom(...severities), fc.nat(1000)),
    removed: fc.nat(1000),
    patched: fc.nat(1000),
    vanished: fc.nat(1000),
  })
  const total = (values: Iterable<number>) => [...values].reduce((sum, each) => sum + each, 0)

  it('adds all up', () => {
    fc.assert(
      fc.property(fc.array(origin, { minLength: 1 }), (origins) => {
        const sum = sumOrigins(origins)!
        expect(total(Object.values(sum.before))).toBe(
          total(origins.flatMap(({ before }) => Object.values(before))),
        )
        for (const key of ['removed', 'patched', 'vanished'] as const)
          expect(sum[key]).toBe(total(origins.map((each) => each[key])))
      }),
    )
  })

  it.each([
    ['there is none', []],
    ['one is not known', [originOf({ before: imageOf('low') }), undefined]],
  ])('tells nothing where %s', (_, origins) => expect(sumOrigins(origins)).toBeUndefined())
})

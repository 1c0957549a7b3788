import { digestOf } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { cve, inTerms, judge, openBook, waiverOf, zlibFinding as finding } from './finding.fixture.ts'
import type { Waiver } from './waiver.ts'

const other = digestOf('other')

describe('the nearest miss', () => {
  const scope = { package: 'pkg:deb/debian/zlib1g' }
  const expired = { expires: '2026-01-01T00:00:00.000Z' }
  const nearest: readonly Waiver[] = [
    waiverOf('expired', cve, { scope, ...expired }),
    waiverOf('expired and too wide', cve, { scope, ...expired }),
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
        expect(openBook(waivers, inTerms({ approverRequired: true })).match(finding).nearMiss?.waiver).toBe(
          id,
        )
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

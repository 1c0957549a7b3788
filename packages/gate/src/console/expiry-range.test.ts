import { parseInstant } from '@sallyport/policy'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expiryRange } from './expiry-range.ts'

const noon = new Date('2026-11-25T12:00:00.000Z')
const hours = (count: number) => count * 3_600_000

describe('expiryRange', () => {
  it.each([
    ['a month', hours(30 * 24), 'day', '2026-11-25', '2026-12-24', '2026-12-09'],
    ['two days', hours(48), 'day', '2026-11-25', '2026-11-26', '2026-11-26'],
    ['what is left of the day', hours(12), 'day', '2026-11-25', '2026-11-25', '2026-11-25'],
    ['less', hours(1), 'instant', noon.toISOString(), '2026-11-25T13:00:00.000Z', '2026-11-25T13:00:00.000Z'],
  ])('of %s ends in time', (_, most, kind, first, last, suggested) => {
    expect(expiryRange(noon, most)).toEqual({ kind, first, last, suggested })
  })

  it('never reaches beyond what is allowed, and never into the past', () => {
    const now = fc.date({ min: new Date('2020-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })
    fc.assert(
      fc.property(now, fc.integer({ min: 1, max: hours(24 * 400) }), (at, most) => {
        const { last, suggested } = expiryRange(at, most)
        for (const end of [last, suggested]) {
          expect(parseInstant(end, 'end')).toBeGreaterThan(at.getTime())
          expect(parseInstant(end, 'end')).toBeLessThanOrEqual(at.getTime() + most)
        }
      }),
    )
  })
})

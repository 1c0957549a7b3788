import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toTime } from './to-time.ts'

describe('toTime', () => {
  it.each([
    ['milliseconds, of Harbor', '2026-11-25T21:40:52.123Z', '2026-11-25T21:40:52.123Z'],
    ['seven digits, of Azure', '2026-11-25T21:40:52.9483587Z', '2026-11-25T21:40:52.948Z'],
    ['nine digits, of Google', '2026-11-25T21:40:52.123456789Z', '2026-11-25T21:40:52.123Z'],
    ['whole seconds, of GitHub', '2026-11-25T21:40:52Z', '2026-11-25T21:40:52.000Z'],
    ['an offset, of GitLab', '2026-11-25T22:40:52.000+01:00', '2026-11-25T21:40:52.000Z'],
    ['an offset without a colon', '2026-11-25T22:40:52.000+0100', '2026-11-25T21:40:52.000Z'],
    ['seconds, of Quay', 1764106852, '2025-11-25T21:40:52.000Z'],
    ['parts of a second, of AWS', 1764106852.123, '2025-11-25T21:40:52.123Z'],
    ['RFC 822, of Quay', 'Wed, 25 Nov 2026 21:40:52 -0000', '2026-11-25T21:40:52.000Z'],
    ['RFC 822 with an offset', 'Wed, 25 Nov 2026 22:40:52 +0100', '2026-11-25T21:40:52.000Z'],
  ])('reads %s', (_, value, expected) => {
    expect(toTime(value)).toBe(expected)
  })

  it.each([
    ['the zero date of Go', '0001-01-01T00:00:00Z'],
    ['the start of 1970', 0],
    ['a time without an offset', '2026-11-25T21:40:52'],
    ['a date', '2026-11-25'],
    ['a day that is none', '2026-13-45T21:40:52Z'],
    ['milliseconds where there are seconds', 1764106852123],
    ['a number in text', '1764106852'],
    ['words', 'yesterday'],
    ['no number', Number.NaN],
    ['endless', Number.POSITIVE_INFINITY],
    ['nothing', null],
    ['an object', {}],
  ])('leaves out %s', (_, value) => {
    expect(toTime(value)).toBeUndefined()
  })

  it('reads back any time that it writes, and fails for nothing', () => {
    const times = fc.date({ min: new Date('2000-01-01'), max: new Date('2199-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(times, (at) => {
        expect(toTime(at.toISOString())).toBe(at.toISOString())
      }),
    )
    fc.assert(
      fc.property(fc.anything(), (value) => {
        toTime(value)
      }),
    )
  })
})

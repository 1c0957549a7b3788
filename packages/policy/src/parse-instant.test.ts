import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseInstant } from './parse-instant.ts'

const end = (text: string) => {
  const instant = parseInstant(text, 'end')
  return instant === undefined ? undefined : new Date(instant).toISOString()
}

describe('parseInstant', () => {
  it.each([
    ['2027-01-31', '2027-02-01T00:00:00.000Z'],
    ['2028-02-29', '2028-03-01T00:00:00.000Z'],
    ['2027-12-31', '2028-01-01T00:00:00.000Z'],
    ['2027-01-31T12:00Z', '2027-01-31T12:00:00.000Z'],
    ['2027-01-31T12:00:01Z', '2027-01-31T12:00:01.000Z'],
    ['2027-01-31T12:00:00.5Z', '2027-01-31T12:00:00.500Z'],
    ['2027-01-31T12:00:00.9999Z', '2027-01-31T12:00:00.999Z'],
    ['2027-01-01T00:30:00+02:00', '2026-12-31T22:30:00.000Z'],
    ['2027-01-31T23:00:00-11:30', '2027-02-01T10:30:00.000Z'],
  ])('pitfall 17: %s ends at %s', (text, expected) => {
    expect(end(text)).toBe(expected)
  })

  it.each([
    ['in Berlin, the hour that there is twice', '2027-10-31T02:30:00+02:00', '2027-10-31T00:30:00.000Z'],
    ['in Berlin, the same hour again', '2027-10-31T02:30:00+01:00', '2027-10-31T01:30:00.000Z'],
    ['the day on which clocks change', '2027-03-28', '2027-03-29T00:00:00.000Z'],
    ['the hour that New York skips', '2027-03-14T02:30:00-05:00', '2027-03-14T07:30:00.000Z'],
  ])('pitfall 17: summer time changes nothing: %s', (_, text, expected) => {
    expect(end(text)).toBe(expected)
  })

  it.each([
    ['of UTC', '2026-12-31T23:59:60Z', '2027-01-01T00:00:00.000Z'],
    ['with a fraction', '2026-12-31T23:59:60.7Z', '2027-01-01T00:00:00.000Z'],
    ['in another zone', '2027-01-01T00:59:60+01:00', '2027-01-01T00:00:00.000Z'],
    ['in the middle of a day', '2026-12-31T12:59:60Z', undefined],
    ['in the middle of the first day', '2027-01-01T12:59:60Z', undefined],
    ['in the middle of a month', '2026-12-30T23:59:60Z', undefined],
    ['and one more', '2026-12-31T23:59:61Z', undefined],
  ])('reads a leap second %s', (_, text, expected) => {
    expect(end(text)).toBe(expected)
  })

  it.each([
    '2027-02-30',
    '2027-02-29',
    '2027-13-01',
    '2027-00-10',
    '2027-01-00',
    '2027-1-1',
    '20270131',
    '2027-01-31T12:00:00',
    '2027-01-31 12:00:00Z',
    '2027-01-31T24:00:00Z',
    '2027-01-31T12:60:00Z',
    '2027-01-31T12Z',
    '2027-01-31T12:00:00+2',
    '2027-01-31T12:00:00+24:00',
    '2027-01-31T12:00:00 Europe/Berlin',
    '0000-01-01',
    '9999-12-31',
    '+010000-01-01',
    'never',
    '',
    ' 2027-01-31',
    '2027-01-31\n',
    '２０２７-01-31',
  ])('refuses %j', (text) => {
    expect(parseInstant(text, 'end')).toBeUndefined()
  })

  it('takes a bare date for the start of the day where that is meant', () => {
    expect(parseInstant('2027-01-31', 'start')).toBe(Date.parse('2027-01-31T00:00:00Z'))
  })

  it('reads what the engine writes, to the millisecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.UTC(9998, 11, 31) }), (time) => {
        expect(parseInstant(new Date(time).toISOString(), 'end')).toBe(time)
      }),
    )
  })
})

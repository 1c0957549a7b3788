import { describe, expect, it } from 'vitest'
import { parseInstant, parseSourceDate } from './parse-instant.ts'

const noon = Date.UTC(2026, 10, 25, 12)

describe('parseInstant without a word for bare dates', () => {
  it.each([
    ['2026-11-25T12:00:00Z', noon],
    ['2026-11-25T12:00Z', noon],
    ['2026-11-25T12:00:00.5Z', noon + 500],
    ['2026-11-25T12:00:00.0019Z', noon + 1],
    ['2026-11-25T14:30:00+02:30', noon],
    ['2026-11-25T07:00:00-05:00', noon],
    ['2028-02-29T00:00:00Z', Date.UTC(2028, 1, 29)],
    ['2026-11-25', Number.NaN],
    ['2026-11-25T12:00:00', Number.NaN],
    ['2027-02-29T00:00:00Z', Number.NaN],
    ['2026-13-01T00:00:00Z', Number.NaN],
    ['2026-11-31T00:00:00Z', Number.NaN],
    ['2026-11-25T24:00:00Z', Number.NaN],
    ['2026-11-25T12:60:00Z', Number.NaN],
    ['25.11.2026', Number.NaN],
    [' 2026-11-25T12:00:00Z', Number.NaN],
    ['', Number.NaN],
  ])('%s', (text, instant) => {
    expect(parseInstant(text) ?? Number.NaN).toBe(instant)
  })
})

describe('parseSourceDate', () => {
  it.each([
    ['2026-11-25', Date.UTC(2026, 10, 25)],
    ['2026-11-25T12:00:00', noon],
    ['2026-11-25T14:00:00+02:00', noon],
    ['2026-11-25T12:00:00.000Z', noon],
    ['2026-11-25t12:00:00Z', Number.NaN],
    ['2026-1a-25T12:00:00Z', Number.NaN],
    ['20a6-11-25T12:00:00Z', Number.NaN],
    ['2027-02-29T12:00:00Z', Number.NaN],
    ['2026-11-25T12:61:00Z', Number.NaN],
    ['2026-11', Number.NaN],
    ['1764072000', Number.NaN],
  ])('%s', (text, instant) => {
    expect(parseSourceDate(text)).toBe(instant)
  })
})

import { describe, expect, it } from 'vitest'
import { isWithin } from './is-within.ts'

const noon = new Date('2026-01-02T12:00:00Z')
const before = new Date(noon.getTime() - 1)
const after = new Date(noon.getTime() + 1)

describe('isWithin', () => {
  it.each([
    ['no bounds', noon, {}, true],
    ['a start that is now', noon, { start: noon }, true],
    ['an end that is now', noon, { end: noon }, true],
    ['a start to come', noon, { start: after }, false],
    ['an end that is over', noon, { start: before, end: before }, false],
    ['bounds on both sides', noon, { start: before, end: after }, true],
    ['an end that is open', noon, { start: before, end: null }, true],
    ['a moment that is no time', new Date(Number.NaN), { start: before }, false],
    ['a moment that is no time before an end', new Date(Number.NaN), { end: after }, false],
  ])('judges %s', (_, moment, span, expected) => {
    expect(isWithin(moment, span)).toBe(expected)
  })
})

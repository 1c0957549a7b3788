import { describe, expect, it } from 'vitest'
import { isStale } from './is-stale.ts'

describe('isStale', () => {
  it.each([
    ['as old as allowed', '2026-06-01T00:00:00Z', false],
    ['a millisecond older', '2026-05-31T23:59:59.999Z', true],
    ['of now', '2026-06-02T00:00:00Z', false],
    ['of a clock that is half an hour ahead', '2026-06-02T00:30:00Z', false],
    ['of a time that is still to come', '2026-06-02T01:00:00.001Z', true],
    ['of no time', 'yesterday', true],
    ['of unknown age', undefined, true],
  ])('says of data %s: %s, %s', (_, updatedAt, expected) => {
    expect(isStale(updatedAt, { now: new Date('2026-06-02T00:00:00Z'), maxDataAgeMs: 86_400_000 })).toBe(
      expected,
    )
  })
})

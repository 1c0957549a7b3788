import { describe, expect, it } from 'vitest'
import { isTimestamp } from './is-timestamp.ts'

describe('isTimestamp', () => {
  it.each([
    '2025-01-01T00:00:00Z',
    '2025-01-01T00:00:00.1Z',
    '2025-01-01T00:00:00.123456789Z',
    '2025-01-01T00:00:00+01:00',
    '2025-01-01t00:00:00z',
  ])('takes %s', (text) => {
    expect(isTimestamp(text)).toBe(true)
  })

  it.each([
    '2025-01-01T00:00:00',
    '2025-01-01T00:00Z',
    '2025-01-01 00:00:00Z',
    '2025-01-01',
    '2025-13-01T00:00:00Z',
    '2025-01-01T00:00:00.Z',
    '2025-01-01T00:00:00Z\n',
    'Wed, 01 Jan 2025 00:00:00 GMT',
    '1735689600',
    '1',
    '',
  ])('refuses %j', (text) => {
    expect(isTimestamp(text)).toBe(false)
  })
})

import { describe, expect, it } from 'vitest'
import { formatBytes } from './format-bytes.ts'

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [12_345_678, '12.3 MB'],
    [2e12, '2.0 TB'],
    [5e15, '5000.0 TB'],
  ])('%d is %s', (bytes, expected) => expect(formatBytes(bytes)).toBe(expected))
})

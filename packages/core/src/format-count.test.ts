import { describe, expect, it } from 'vitest'
import { formatCount } from './format-count.ts'

describe('formatCount', () => {
  it.each([
    [0, '0 entries'],
    [1, '1 entry'],
    [2, '2 entries'],
  ])('writes %i', (number, text) => {
    expect(formatCount(number, 'entry', 'entries')).toBe(text)
  })

  it('adds an s where nothing else is said', () => {
    expect([1, 12].map((number) => formatCount(number, 'finding'))).toEqual(['1 finding', '12 findings'])
  })
})

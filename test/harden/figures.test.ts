import { describe, expect, it } from 'vitest'
import { cutOf, median, renderFigures } from './figures.ts'

describe('figures', () => {
  it.each([
    ['an odd number of values is the middle one', [3, 1, 2], 2],
    ['an even number of values lies between the middle ones', [4, 1, 3, 2], 2.5],
    ['no value is 0', [], 0],
  ])('the median of %s', (_, values, expected) => expect(median(values)).toBe(expected))

  it('a cut is a share of what was there', () => {
    expect([cutOf([120, 18]), cutOf([0, 0]), cutOf([5, 5])]).toEqual([85, 0, 0])
  })

  it('medians are told for each mode, those of findings without images that had none', () => {
    const row = { image: 'a', bytes: [2e6, 1e6], seconds: 1 } as const
    const table = renderFigures([
      { ...row, mode: 'closed', packages: [10, 5], findings: [0, 0] },
      { ...row, mode: 'closed', packages: [10, 7], findings: [4, 1] },
    ])
    expect(table).toContain('| a | closed | 10 → 5 (−50 %) | 2 → 1 (−50 %) | 0 → 0 (−0 %) | 1.0 |  |')
    expect(table).toContain('| median of 2 | closed | −40 % | −50 % | −75 % | 1.0 |  |')
  })
})

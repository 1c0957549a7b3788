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
    const row = { image: 'a', mode: 'closed', bytes: [2e6, 1e6], seconds: 1 } as const
    const table = renderFigures([
      { ...row, packages: [10, 5], findings: [0, 0], removed: 0, patched: 0, unusedButKept: 0 },
      { ...row, packages: [10, 7], findings: [6, 2], removed: 3, patched: 1, unusedButKept: 1 },
    ])
    expect(table).toContain(
      '| a | closed | 10 → 7 (−30 %) | 2 → 1 (−50 %) | 6 → 2 (−67 %) | 3 | 1 | 1 | 1.0 |  |',
    )
    expect(table).toContain('| median of 2 | closed | −40 % | −50 % | −67 % |  |  |  | 1.0 |  |')
  })
})

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scaleParts } from './chart-scale.ts'

const number = fc.oneof(
  fc.nat(),
  fc.double(),
  fc.constantFrom(0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e308, 5e-324),
)
const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0)
const drawn = (value: number) => Number.isFinite(value) && value > 0

describe('scaleParts', () => {
  it.each([
    ['shares', [1, 1, 2], 4, [25, 25, 50]],
    ['shares of a longer bar', [1, 1], 8, [12.5, 12.5]],
    ['nothing of nothing', [0, 0], 0, [0, 0]],
    ['nothing of what is no number', [Number.NaN, -5, 1], 1, [0, 0, 100]],
  ])('gives %s', (_, values, whole, sizes) => {
    expect(scaleParts(values, { whole }).map(({ size }) => size)).toEqual(sizes)
  })

  it('keeps tiny parts visible beside a huge one', () => {
    const [tiny, huge, other] = scaleParts([1, 1e12, 1], { whole: 1e12 + 2 })
    expect(tiny!.size).toBe(0.5)
    expect(other).toEqual({ start: 99.5, size: 0.5 })
    expect(huge).toEqual({ start: 0.5, size: 99 })
  })

  it('starts where it is told, and ends within the scale', () => {
    expect(scaleParts([5], { whole: 20, start: 10 })).toEqual([{ start: 50, size: 25 }])
    expect(scaleParts([1], { whole: 1e9, start: 1e9 - 1 })).toEqual([{ start: 99.5, size: 0.5 }])
  })

  it('draws each part that there is, none that there is not, in order and without overlap, within the scale', () => {
    fc.assert(
      fc.property(fc.array(number, { maxLength: 300 }), number, (values, start) => {
        const whole = sum(values.filter(drawn)) + (drawn(start) ? start : 0)
        const parts = scaleParts(values, { whole, start })
        expect(parts).toHaveLength(values.length)
        let end = parts[0]?.start ?? 0
        for (const [index, part] of parts.entries()) {
          expect(part.size > 0).toBe(drawn(values[index]!))
          expect(part.start).toBeCloseTo(end, 6)
          expect(part.start).toBeGreaterThanOrEqual(0)
          end = part.start + part.size
        }
        expect(end).toBeLessThanOrEqual(100 + 1e-6)
      }),
    )
  })

  it('draws more as more, or as much where both are tiny', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 2, maxLength: 20 }), (values) => {
        const sizes = scaleParts(values, { whole: sum(values) }).map(({ size }) => size)
        for (const [one, first] of values.entries())
          for (const [other, second] of values.entries())
            if (first > second) expect(sizes[one]! - sizes[other]!).toBeGreaterThanOrEqual(-1e-9)
      }),
    )
  })
})

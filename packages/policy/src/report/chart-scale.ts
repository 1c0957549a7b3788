/** A part of a bar, in hundredths of the width. */
export interface ScaledPart {
  readonly start: number
  readonly size: number
}

/** What can be drawn of a number; what is none, or less than nothing, is nothing. */
export const drawable = (value: number): number => (Number.isFinite(value) && value > 0 ? value : 0)

/** Options of {@link scaleParts}, in the unit of the values but for `least`. */
export interface ScaleOptions {
  /** Where the scale ends. */
  readonly whole: number
  /** Where the first part starts. Default 0. */
  readonly start?: number | undefined
  /** Least part that can still be seen, in hundredths. Default 0.5. */
  readonly least?: number | undefined
}

/**
 * Places parts one after the other on a scale that ends at `whole`. A part that is not nothing stays visible beside one
 * that is huge, at the cost of the large ones; nothing leaves the scale.
 */
export function scaleParts(
  values: readonly number[],
  { whole, start = 0, least: wanted = 0.5 }: ScaleOptions,
): readonly ScaledPart[] {
  const hundredths = (value: number) => {
    const share = (drawable(value) / whole) * 100
    return Number.isFinite(share) ? Math.min(share, 100) : 0
  }
  const least = Math.min(wanted, 50 / Math.max(values.length, 1))
  const sizes = values.map((value) => (drawable(value) === 0 ? 0 : Math.max(hundredths(value), least)))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const room = sizes.reduce((sum, size) => sum + Math.max(size - least, 0), 0)
  const shrink = total > 100 ? (total - 100) / room : 0
  let at = Math.min(hundredths(start), Math.max(100 - total, 0))
  return sizes.map((size) => {
    const shown = size - Math.max(size - least, 0) * shrink
    at += shown
    return { start: at - shown, size: shown }
  })
}

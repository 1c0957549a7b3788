/** `a` before `b`, the same, or after it. */
export type VersionOrder = -1 | 0 | 1

/** Why two versions have no order: one of them is not a version of that kind. Never replaced by a guess. */
export interface UnparseableVersion {
  /** The text that could not be read, cut to 160 characters. */
  readonly unparseable: string
}

/** Whether a comparison gave no order. */
export function isUnparseable(result: VersionOrder | UnparseableVersion): result is UnparseableVersion {
  return typeof result === 'object'
}

/** Names the text that is not a version. */
export function unparseable(version: string): UnparseableVersion {
  return { unparseable: version.slice(0, 160) }
}

/** Sign of a number as a {@link VersionOrder}. */
export function toOrder(difference: number): VersionOrder {
  return difference < 0 ? -1 : difference > 0 ? 1 : 0
}

/** Compares two runs of decimal digits of any length by value. */
export function compareDigits(a: string, b: string): VersionOrder {
  const left = a.replace(/^0+/, '')
  const right = b.replace(/^0+/, '')
  return left.length !== right.length ? toOrder(left.length - right.length) : compareText(left, right)
}

/** Compares by UTF-16 unit, which is byte order for the ASCII that versions are made of. */
export function compareText(a: string, b: string): VersionOrder {
  return a < b ? -1 : a > b ? 1 : 0
}

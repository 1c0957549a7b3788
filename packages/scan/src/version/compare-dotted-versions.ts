import {
  compareDigits,
  toOrder,
  type UnparseableVersion,
  unparseable,
  type VersionOrder,
} from './version-order.ts'

/** Orders two versions of R packages (CRAN): numbers separated by `.` or `-`; of two alike so far the longer is later. */
export function compareCranVersions(a: string, b: string): VersionOrder | UnparseableVersion {
  return compareNumbers(a, b, /^\d+(?:[.-]\d+)*$/)
}

/** Orders two versions of Haskell packages (Hackage, PVP): numbers separated by `.`; of two alike so far the longer is later. */
export function compareHackageVersions(a: string, b: string): VersionOrder | UnparseableVersion {
  return compareNumbers(a, b, /^\d+(?:\.\d+)*$/)
}

function compareNumbers(a: string, b: string, grammar: RegExp): VersionOrder | UnparseableVersion {
  if (a.length > 1024 || !grammar.test(a)) return unparseable(a)
  if (b.length > 1024 || !grammar.test(b)) return unparseable(b)
  const left = a.split(/[.-]/)
  const right = b.split(/[.-]/)
  for (let index = 0; index < left.length && index < right.length; index++) {
    const order = compareDigits(left[index] ?? '', right[index] ?? '')
    if (order !== 0) return order
  }
  return toOrder(left.length - right.length)
}

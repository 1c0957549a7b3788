import { compareRpmVersions, isUnparseable } from '@sallyport/scan/compare'
import type { Capability } from './parse-rpm-package.ts'

/** `RPMSENSE_LESS`, `_GREATER` and `_EQUAL`. */
export const sense = { less: 2, greater: 4, equal: 8 }
const senseMask = sense.less | sense.greater | sense.equal

/**
 * Whether what one package has is in the range that another needs (rpm, `rpmdsCompareEVR`); their names are equal. A
 * capability without a version is in any range. A version that can't be compared is in none.
 */
export function overlaps(has: Omit<Capability, 'name'>, needs: Omit<Capability, 'name'>): boolean {
  if ((has.flags & senseMask) === 0 || (needs.flags & senseMask) === 0) return true
  if (has.version === '' || needs.version === '') return true
  // A release counts only where both have one.
  const both = [has.version, needs.version].every((version) => version.includes('-'))
  const [a, b] = both
    ? [has.version, needs.version]
    : [withoutRelease(has.version), withoutRelease(needs.version)]
  const order = compareRpmVersions(a, b)
  if (isUnparseable(order)) return false
  if (order < 0) return (has.flags & sense.greater) !== 0 || (needs.flags & sense.less) !== 0
  if (order > 0) return (has.flags & sense.less) !== 0 || (needs.flags & sense.greater) !== 0
  return (has.flags & needs.flags & senseMask) !== 0
}

function withoutRelease(version: string): string {
  const hyphen = version.lastIndexOf('-')
  return hyphen < 0 ? version : version.slice(0, hyphen)
}

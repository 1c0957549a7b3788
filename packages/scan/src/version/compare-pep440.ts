import { loadPep440 } from '../internal/load-libraries.ts'
import { toOrder, type UnparseableVersion, unparseable, type VersionOrder } from './version-order.ts'

/** Orders two Python versions by PEP 440. Legacy versions that PEP 440 does not allow have no order. */
export function comparePep440Versions(a: string, b: string): VersionOrder | UnparseableVersion {
  if (!isVersion(a)) return unparseable(a)
  if (!isVersion(b)) return unparseable(b)
  return toOrder(loadPep440().compare(a, b))
}

function isVersion(version: string): boolean {
  return version.length <= 512 && loadPep440().valid(version) !== null
}

import { compareDigits, type UnparseableVersion, unparseable, type VersionOrder } from './version-order.ts'
import { comparePrereleases } from './compare-semver.ts'

const grammar =
  /^(\d+(?:\.\d+){0,3})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/

/**
 * Orders two versions as NuGet does: one to four numbers (missing ones are 0), a prerelease compared like that of
 * Semantic Versioning without regard to case, and build metadata that does not count.
 */
export function compareNugetVersions(a: string, b: string): VersionOrder | UnparseableVersion {
  const left = split(a)
  if (left === undefined) return unparseable(a)
  const right = split(b)
  if (right === undefined) return unparseable(b)
  for (let index = 0; index < 4; index++) {
    const order = compareDigits(left.numbers[index] ?? '0', right.numbers[index] ?? '0')
    if (order !== 0) return order
  }
  return comparePrereleases(left.prerelease, right.prerelease)
}

function split(version: string) {
  const match = version.length > 1024 ? null : grammar.exec(version)
  if (match === null) return undefined
  return { numbers: (match[1] ?? '').split('.'), prerelease: match[2]?.toLowerCase() }
}

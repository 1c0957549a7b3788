import { compareApkVersions } from './compare-apk-versions.ts'
import { compareDebianVersions } from './compare-debian-versions.ts'
import { comparePep440Versions } from './compare-pep440.ts'
import { compareGoVersions, compareSemver } from './compare-semver.ts'
import { type UnparseableVersion, unparseable, type VersionOrder } from './version-order.ts'

/**
 * Orders two versions by the rules of a package type. A type is named as in a purl; types whose
 * order is not implemented (`rpm`, `gem`, `generic` …) give
 * {@link UnparseableVersion}, as texts do that are no version of the type: never a guess.
 */
export function compareVersions(type: string, a: string, b: string): VersionOrder | UnparseableVersion {
  switch (type) {
    case 'deb':
      return compareDebianVersions(a, b)
    case 'apk':
      return compareApkVersions(a, b)
    case 'npm':
      return compareSemver(a, b)
    case 'pypi':
      return comparePep440Versions(a, b)
    case 'golang':
      return compareGoVersions(a, b)
    default:
      return unparseable(a)
  }
}

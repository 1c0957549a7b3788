import { compareApkVersions } from './compare-apk-versions.ts'
import { compareComposerVersions } from './compare-composer-versions.ts'
import { compareDebianVersions } from './compare-debian-versions.ts'
import { compareCranVersions, compareHackageVersions } from './compare-dotted-versions.ts'
import { compareGemVersions } from './compare-gem-versions.ts'
import { compareMavenVersions } from './compare-maven-versions.ts'
import { compareNugetVersions } from './compare-nuget-versions.ts'
import { comparePep440Versions } from './compare-pep440.ts'
import { compareRpmVersions } from './compare-rpm-versions.ts'
import { compareGoVersions, comparePubVersions, compareSemver } from './compare-semver.ts'
import { type UnparseableVersion, unparseable, type VersionOrder } from './version-order.ts'

type Compare = (a: string, b: string) => VersionOrder | UnparseableVersion

const orders: ReadonlyMap<string, Compare> = new Map([
  ['deb', compareDebianVersions],
  ['apk', compareApkVersions],
  ['rpm', compareRpmVersions],
  ['npm', compareSemver],
  ['cargo', compareSemver],
  ['pypi', comparePep440Versions],
  ['golang', compareGoVersions],
  ['maven', compareMavenVersions],
  ['gem', compareGemVersions],
  ['nuget', compareNugetVersions],
  ['composer', compareComposerVersions],
  ['cran', compareCranVersions],
  ['hackage', compareHackageVersions],
  ['pub', comparePubVersions],
])

/**
 * Orders two versions by the rules of a package type, named as in a purl. Types without an order (`conda`, `generic` …)
 * give {@link UnparseableVersion}, as texts do that are no version of the type: never a guess.
 */
export function compareVersions(type: string, a: string, b: string): VersionOrder | UnparseableVersion {
  return orders.get(type)?.(a, b) ?? unparseable(a)
}

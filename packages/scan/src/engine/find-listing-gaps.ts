import { type Inventory, isJudgedByOwner } from '@sallyport/inventory'
import { ScanError } from '../errors.ts'
import type { FindingPackage } from '../finding.ts'
import { packageKey } from '../merge/package-key.ts'
import type { ScanGap } from '../scan-report.ts'

const distroTypes: ReadonlySet<string> = new Set(['deb', 'apk', 'rpm'])
const languageTypes = ['npm', 'pypi', 'golang', 'maven', 'gem', 'cargo', 'nuget', 'composer'] as const

/**
 * What the inventory lists and the scanner does not: it was not judged. Packages of a distribution are compared one by
 * one; of a language, whether the scanner lists any, since scanners count those differently.
 *
 * @throws {ScanError} `REPORT_INVALID` when the scanner lists no package of the distribution and the inventory does: it
 * saw no package database.
 */
export function findListingGaps(
  listed: readonly FindingPackage[],
  { packages }: Inventory,
  { label, scanner }: { readonly label: string; readonly scanner: string },
): readonly ScanGap[] {
  const gaps: ScanGap[] = []
  if (listed.length === 0) gaps.push({ code: 'NO_PACKAGES', message: `${label} lists no package` })
  const expected = packages.filter(({ type }) => distroTypes.has(type))
  if (expected.length > 0 && !listed.some(({ type }) => distroTypes.has(type))) {
    throw new ScanError(
      'REPORT_INVALID',
      `${label} lists no package of the distribution, the inventory lists ${expected.length}`,
      { scanner },
    )
  }
  const known = new Set(listed.map(packageKey))
  const missing = expected.filter((pkg) => !known.has(packageKey(pkg)))
  if (missing.length > 0) {
    const names = missing.slice(0, 5).map(({ name, version }) => `${name} ${version}`)
    const message = `${label} does not list ${missing.length} of ${expected.length} packages: ${names.join(', ')}`
    gaps.push({ code: 'NO_PACKAGES', message: message.slice(0, 500), purl: missing[0]?.purl })
  }
  for (const type of languageTypes) {
    const own = packages.filter((pkg) => pkg.type === type && !isJudgedByOwner(pkg))
    if (own.length > 0 && !listed.some((pkg) => pkg.type === type)) {
      gaps.push({
        code: 'NO_PACKAGES',
        message: `${label} lists no ${type} package, the inventory lists ${own.length}`,
      })
    }
  }
  return gaps
}

import type { Inventory, Package } from '../inventory.ts'
import { identifyPurl } from './identify-purl.ts'
import type { Sbom, SbomPackage } from './sbom.ts'

/** How an SBOM and the image's own inventory differ. */
export interface SbomComparison {
  /** In the image, and not in the SBOM. */
  readonly missing: readonly Package[]
  /** In the SBOM, and not in the image. */
  readonly extra: readonly SbomPackage[]
  /** The same package in both, of other versions. */
  readonly differing: readonly { readonly inSbom: SbomPackage; readonly inImage: Package }[]
  /** How many packages, each version once, both have. */
  readonly matching: number
  /** In the SBOM without a purl, so that nothing can be said of them. */
  readonly unidentified: readonly SbomPackage[]
  /** Whether the SBOM names another image than the inventory is of; `undefined` when it names none by digest. */
  readonly otherSubject?: boolean | undefined
}

/**
 * Compares an SBOM of any maker with what the image itself holds, by purl: see `identifyPurl` for what counts.
 * A package counts once for each version, in however many places it is installed, as tools differ in whether they list
 * each place. Source packages that an SBOM lists beside the installed ones are left out.
 */
export function compareSbom(sbom: Sbom, inventory: Inventory): SbomComparison {
  const listed = groupByIdentity(
    sbom.packages.filter(({ purl, type }) => purl !== undefined && type !== undefined),
    (one) => one.purl!,
  )
  const held = groupByIdentity(inventory.packages, (one) => one.purl)
  const missing: Package[] = []
  const extra: SbomPackage[] = []
  const differing: { inSbom: SbomPackage; inImage: Package }[] = []
  let matching = 0
  for (const [key, versions] of held) {
    const told = listed.get(key) ?? new Map<string, SbomPackage[]>()
    listed.delete(key)
    const onlyInImage: Package[] = []
    for (const [version, packages] of versions) {
      if (told.delete(version)) matching++
      else onlyInImage.push(packages[0]!)
    }
    const onlyInSbom = [...told.values()].map((packages) => packages[0]!)
    const pairs = Math.min(onlyInImage.length, onlyInSbom.length)
    for (let at = 0; at < pairs; at++) {
      differing.push({ inSbom: onlyInSbom[at]!, inImage: onlyInImage[at]! })
    }
    missing.push(...onlyInImage.slice(pairs))
    extra.push(...onlyInSbom.slice(pairs))
  }
  for (const versions of listed.values()) {
    for (const packages of versions.values()) extra.push(packages[0]!)
  }
  const digest = sbom.subject?.digest
  return {
    missing,
    extra,
    differing,
    matching,
    unidentified: sbom.packages.filter(({ purl }) => purl === undefined),
    otherSubject: digest === undefined ? undefined : digest !== inventory.subject,
  }
}

/** Packages by key, then by version. */
function groupByIdentity<T>(
  packages: readonly T[],
  purlOf: (one: T) => string,
): Map<string, Map<string, T[]>> {
  const groups = new Map<string, Map<string, T[]>>()
  for (const one of packages) {
    const { key, version, isSource } = identifyPurl(purlOf(one))
    if (isSource) continue
    const versions = groups.get(key) ?? new Map<string, T[]>()
    groups.set(key, versions)
    const same = versions.get(version)
    if (same) same.push(one)
    else versions.set(version, [one])
  }
  return groups
}

import type { Package } from '@sallyport/inventory'
import type { FindingPackage } from '../finding.ts'
import { packageKey } from '../merge/package-key.ts'

/** Packages of the inventory by what makes them the same as a package in a report. */
export type PackageLookup = ReadonlyMap<string, Package>

/** Makes the look-up of an inventory's packages. */
export function lookupOf(packages: readonly Package[]): PackageLookup {
  return new Map(packages.map((pkg) => [packageKey(pkg), pkg]))
}

/** The package of the inventory that a report speaks of; the report's own words where there is none. */
export function ownPackage(reported: FindingPackage, lookup: PackageLookup): FindingPackage {
  const own = lookup.get(packageKey(reported))
  if (own === undefined) return reported
  return {
    purl: own.purl,
    type: own.type,
    name: own.name,
    version: own.version,
    sourceName: own.source?.name ?? reported.sourceName,
    sourceVersion: own.source?.version ?? reported.sourceVersion,
    layer: own.evidence.diffId,
    path: own.evidence.path,
  }
}

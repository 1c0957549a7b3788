export { createInventory, type CreateInventoryOptions } from './create-inventory.ts'
export { InventoryError, type InventoryErrorCode } from './errors.ts'
export type {
  Distro,
  DpkgDependency,
  DistroSupport,
  DpkgDetails,
  Inventory,
  InventoryGap,
  Package,
  PackageChecksum,
  PackageEvidence,
  PackageType,
  RpmDetails,
} from './inventory.ts'
export { compareSbom, type SbomComparison } from './sbom/compare-sbom.ts'
export { readSbom, type ReadSbomOptions } from './sbom/read-sbom.ts'
export type { Sbom, SbomPackage, SbomSubject, SbomWarning } from './sbom/sbom.ts'
export { toCycloneDx, type ToCycloneDxOptions } from './sbom/to-cyclonedx.ts'
export { toSpdx } from './sbom/to-spdx.ts'
export type { ToSpdxOptions } from './sbom/to-spdx-options.ts'

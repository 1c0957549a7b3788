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
export { toCycloneDx, type ToCycloneDxOptions } from './sbom/to-cyclonedx.ts'
export { toSpdx, type ToSpdxOptions } from './sbom/to-spdx.ts'

export { createInventory, type CreateInventoryOptions } from './create-inventory.ts'
export { InventoryError, type InventoryErrorCode } from './errors.ts'
export type {
  Distro,
  DpkgDependency,
  DpkgDetails,
  Inventory,
  InventoryGap,
  Package,
  PackageEvidence,
  PackageType,
} from './inventory.ts'
export { toCycloneDx, type ToCycloneDxOptions } from './sbom/to-cyclonedx.ts'

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

export { createInventory, type CreateInventoryOptions } from './create-inventory.ts'
export { distroSupport, distroSupportState, type DistroSupportState } from './distro/distro-support.ts'
export { createInventoryTap, type InventoryTap } from './create-inventory-tap.ts'
export { folderLayerCache, type FolderLayerCacheOptions } from './cache/folder-layer-cache.ts'
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
export { inventoryImage, type InventoryImageOptions } from './inventory-image.ts'
export type { InventoryProgress } from './inventory-progress.ts'
export type { LayerFactsCache } from './ports/layer-facts-cache.ts'
export { compareSbom, type SbomComparison } from './sbom/compare-sbom.ts'
export { readSbom, type ReadSbomOptions } from './sbom/read-sbom.ts'
export type { Sbom, SbomPackage, SbomSubject, SbomWarning } from './sbom/sbom.ts'
export { toCycloneDx, type ToCycloneDxOptions } from './sbom/to-cyclonedx.ts'
export { toSpdx } from './sbom/to-spdx.ts'
export type { ToSpdxOptions } from './sbom/to-spdx-options.ts'

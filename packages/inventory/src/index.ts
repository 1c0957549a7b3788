export { createInventory, type CreateInventoryOptions } from './create-inventory.ts'
export { distroSupport, distroSupportState, type DistroSupportState } from './distro/distro-support.ts'
export { createInventoryTap, type InventoryTap } from './create-inventory-tap.ts'
export { folderLayerCache, type FolderLayerCacheOptions } from './cache/folder-layer-cache.ts'
export { parseDependencies as parseDpkgDependencies } from './dpkg/parse-dependencies.ts'
export { parseStanzas as parseControlStanzas, type Stanza as ControlStanza } from './dpkg/parse-stanzas.ts'
export { InventoryError, type InventoryErrorCode } from './errors.ts'
export type { FileContent } from './files/image-files.ts'
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
export { isJudgedByOwner } from './is-judged-by-owner.ts'
export { hashOfSum, parseApkSums, parseMd5sums, type RecordedSum } from './recorded-sums.ts'
export { inventoryImage, type InventoryImageOptions } from './inventory-image.ts'
export type { InventoryProgress } from './inventory-progress.ts'
export type { LayerFactsCache } from './ports/layer-facts-cache.ts'
export { listRpmFiles, type RpmFile, toRecordedSum } from './rpm/list-rpm-files.ts'
export { parseRpmHeader, type RpmTags } from './rpm/parse-header.ts'
export { readRpmRecords } from './rpm/read-records.ts'
export type { RpmRecord } from './rpm/rpm-database.ts'

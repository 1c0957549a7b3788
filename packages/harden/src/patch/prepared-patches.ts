import type { Image } from '@sallyport/image'
import type { Inventory, Package } from '@sallyport/inventory'
import type { PackageEdit } from './package-edit.ts'
import type { PatchProgress, SourceUse } from './patch-report.ts'
import type { PatchRequest } from './patch-request.ts'
import type { LastSeen } from './patch-source.ts'

/** What becomes of one package. */
export type PatchOutcome =
  | {
      readonly state: 'patched'
      readonly version: string
      readonly sourceVersion: string
      readonly keptConffiles: readonly string[]
      readonly leftOut: readonly string[]
    }
  | {
      readonly state: 'refused'
      readonly version: string
      readonly sourceVersion: string
      readonly reason: string
    }
  /** Something newer that was not asked for. */
  | { readonly state: 'available'; readonly version: string; readonly sourceVersion: string }
  | { readonly state: 'not-supported'; readonly reason: string }

/** The patches for the packages of one kind, ready to be written. */
export interface PreparedPatches {
  /** Only packages for which there is something to tell; of the others no source has a newer version. */
  readonly outcomes: ReadonlyMap<Package, PatchOutcome>
  readonly edit: PackageEdit
  readonly sources: readonly SourceUse[]
  readonly seen: LastSeen
}

/** What is needed to prepare patches. */
export interface PrepareOptions {
  readonly image: Image
  readonly inventory: Inventory
  readonly request: PatchRequest
  readonly now: Date
  readonly lastSeen: LastSeen
  /** Empty folder for downloads. They must stay until the image is written. */
  readonly folder: string
  readonly signal?: AbortSignal | undefined
  readonly onProgress: (event: PatchProgress) => void
}

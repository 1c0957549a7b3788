import type { Digest } from '@sallyport/core'

/** What an inventory that is taken from a stream reports. */
export type InventoryProgress =
  | { readonly type: 'layer-progress'; readonly layer: number; readonly bytes: number; readonly size: number }
  | {
      readonly type: 'layer-known'
      readonly layer: number
      readonly digest: Digest
      /** Whether it had to be read. */
      readonly from: 'blob' | 'cache'
    }
  /** The cache could not be read or written; the inventory is made without it. */
  | { readonly type: 'cache-failed'; readonly layer: number; readonly error: unknown }

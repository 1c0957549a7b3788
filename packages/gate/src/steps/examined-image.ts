import type { Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'
import type { MergedScan } from '@sallyport/scan'

/** An image and its packages. */
export interface OpenedImage {
  readonly image: Image
  readonly inventory: Inventory
}

/** What an image was found to hold. */
export interface ExaminedImage extends OpenedImage {
  readonly scan: MergedScan
}

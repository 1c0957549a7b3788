import type { Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'
import type { MergedScan } from '@sallyport/scan'

/** An image and its packages. */
export interface OpenedImage {
  /** The image, open. */
  readonly image: Image
  /** Its packages. */
  readonly inventory: Inventory
}

/** What an image was found to hold. */
export interface ExaminedImage extends OpenedImage {
  /** What the scanners found, merged. */
  readonly scan: MergedScan
}

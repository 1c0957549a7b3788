import type { Inventory } from '../inventory.ts'
import { writeSpdx2 } from './write-spdx-2.ts'
import { writeSpdx3 } from './write-spdx-3.ts'

/** Options of {@link toSpdx}. */
export interface ToSpdxOptions {
  /** Name of the image, e.g. `registry.example/team/app`. */
  readonly name: string
  readonly timestamp: Date
  /** Who made the document. */
  readonly tool: { readonly name: string; readonly version: string }
  /** `2.3`, which more tools read (default), or `3.0`, which is 3.0.1 as JSON-LD. */
  readonly version?: '2.3' | '3.0' | undefined
  /**
   * URI of the document, without a fragment. Default: below `https://sallyport.dev/spdx/`, derived from all the rest of
   * the document, so that equal input gives equal bytes.
   */
  readonly namespace?: string | undefined
}

/**
 * Writes an inventory as SPDX JSON. Deterministic: the order of the inventory's lists does not matter. Gaps, and where
 * a package was found, are annotations. Files are not listed: SPDX 2.3 wants a SHA-1 of each, which an inventory
 * does not have. No licence is concluded; one that the package's own record does not tell surely is `NOASSERTION`.
 */
export function toSpdx(inventory: Inventory, options: ToSpdxOptions): string {
  return options.version === '3.0' ? writeSpdx3(inventory, options) : writeSpdx2(inventory, options)
}

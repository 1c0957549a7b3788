import type { Inventory } from '../inventory.ts'
import type { ToSpdxOptions } from './to-spdx-options.ts'
import { writeSpdx2 } from './write-spdx-2.ts'
import { writeSpdx3 } from './write-spdx-3.ts'

/**
 * Writes an inventory as SPDX JSON. Deterministic: the order of the inventory's lists does not matter. Gaps, and where
 * a package was found, are annotations. Files are not listed: SPDX 2.3 wants a SHA-1 of each, which an inventory
 * does not have. No licence is concluded; one that the package's own record does not tell surely is `NOASSERTION`.
 */
export function toSpdx(inventory: Inventory, options: ToSpdxOptions): string {
  return options.version === '3.0' ? writeSpdx3(inventory, options) : writeSpdx2(inventory, options)
}

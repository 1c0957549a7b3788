import { writeFile } from 'node:fs/promises'
import { type Inventory } from '@sallyport/inventory'
import { toCycloneDx, toSpdx } from '@sallyport/inventory/sbom'

/** Writes both kinds of SBOM. Equal inventories at one time give equal bytes. */
export async function writeSboms(inventory: Inventory, name: string, timestamp: Date): Promise<void> {
  const tool = { name: 'my-gate', version: '1.0.0' }
  await writeFile('app.cdx.json', toCycloneDx(inventory, { name, timestamp, tool, specVersion: '1.6' }))
  await writeFile('app.spdx.json', toSpdx(inventory, { name, timestamp, tool, version: '2.3' }))
}

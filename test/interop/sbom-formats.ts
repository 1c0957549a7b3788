import { type Inventory } from '@sallyport/inventory'
import { toCycloneDx, toSpdx } from '@sallyport/inventory/sbom'

const options = {
  name: 'prod.example/team/app',
  timestamp: new Date('2026-11-25T12:00:00Z'),
  tool: { name: 'sallyport', version: '1.0.0' },
}

/** Each form of SBOM that we write. */
export const sbomFormats = {
  'CycloneDX 1.6': (inventory: Inventory) => toCycloneDx(inventory, options),
  'CycloneDX 1.7': (inventory: Inventory) => toCycloneDx(inventory, { ...options, specVersion: '1.7' }),
  'SPDX 2.3': (inventory: Inventory) => toSpdx(inventory, options),
  'SPDX 3.0': (inventory: Inventory) => toSpdx(inventory, { ...options, version: '3.0' }),
} as const

export type SbomFormat = keyof typeof sbomFormats
export const sbomFormatNames = Object.keys(sbomFormats) as SbomFormat[]

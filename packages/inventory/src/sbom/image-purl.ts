import type { Inventory } from '../inventory.ts'
import { PackageURL } from 'packageurl-js'

/** The purl of the image itself (purl types, `oci`), or none where its name cannot stand in one. */
export function imagePurl({ subject, platform }: Inventory, name: string): string | undefined {
  const last = name.slice(name.lastIndexOf('/') + 1).toLowerCase()
  try {
    return new PackageURL('oci', undefined, last, subject, {
      arch: platform.architecture,
      repository_url: name,
    }).toString()
  } catch {
    return undefined
  }
}

import { type Inventory, InventoryError } from '@sallyport/inventory'
import { compareSbom, readSbom } from '@sallyport/inventory/sbom'

/** What is wrong with an SBOM that came with an image, by the image itself; empty when they agree. */
export function checkSbom(bytes: Uint8Array, inventory: Inventory): readonly string[] {
  try {
    const sbom = readSbom(bytes)
    const { missing, extra, differing, unidentified, otherSubject } = compareSbom(sbom, inventory)
    return [
      ...(otherSubject === true ? ['it is about another image'] : []),
      ...missing.map(({ purl }) => `it lacks ${purl}`),
      ...extra.map(({ purl }) => `the image does not hold ${purl}`),
      ...differing.map(({ inSbom, inImage }) => `${inSbom.purl} is ${inImage.version} in the image`),
      ...unidentified.map(({ name }) => `${name} has no purl`),
      ...sbom.warnings.map(({ code, message }) => `${code}: ${message}`),
    ]
  } catch (error) {
    if (error instanceof InventoryError) return [`${error.code}: ${error.message}`]
    throw error
  }
}

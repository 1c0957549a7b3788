import { analyzeUsage } from '@sallyport/harden'
import type { Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'

/** A line for each package: how it is used, and by which way a command of the image comes to it. Changes nothing. */
export async function explainUsage(image: Image, inventory: Inventory): Promise<readonly string[]> {
  const { packages, unresolved } = await analyzeUsage(image, inventory)
  if (unresolved !== undefined) return [`can't be told: ${unresolved}`]
  return packages.map(({ purl, usage, chain }) => {
    const steps = chain.map(({ from, kind, to, certain }) => `${from} -${kind}${certain ? '' : '?'}-> ${to}`)
    return `${usage} ${purl} ${steps.join(', ')}`
  })
}

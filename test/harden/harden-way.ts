import { hardenImage, type HardenReport } from '@sallyport/harden'
import { patchImage, type PatchReport, type PatchSource } from '@sallyport/harden/patch'
import type { Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'
import type { Finding } from '@sallyport/scan'

/** The ways in which each image is hardened. */
export const ways = ['closed', 'relaxed', 'closed + patch'] as const
export type Way = (typeof ways)[number]

/** What became of an image in one way. */
export interface HardenedWay {
  /** The image afterwards, the one from before where nothing changed. Who made it disposes it. */
  readonly image: Image
  readonly inventory: Inventory
  readonly report: HardenReport
  readonly patched?: PatchReport | undefined
  /** Of hardening, or of patching, alone. */
  readonly seconds: number
}

/** Removes what nothing uses. */
export async function hardenIn(
  mode: HardenReport['mode'],
  { image, inventory }: Pick<HardenedWay, 'image' | 'inventory'>,
  options: { readonly commands: readonly (readonly string[])[]; readonly directory: string },
): Promise<HardenedWay> {
  const started = performance.now()
  const smoke = mode === 'relaxed' ? { elsewhere: 'the answers that this suite compares' } : undefined
  const result = await hardenImage(image, inventory, { ...options, mode, smoke })
  const seconds = (performance.now() - started) / 1000
  return {
    image: result.image ?? image,
    inventory: result.inventory ?? inventory,
    report: result.report,
    seconds,
  }
}

/** Upgrades what is left and repairs one of the findings. */
export async function patchAfter(
  { image, inventory, report }: HardenedWay,
  options: {
    readonly findings: readonly Finding[]
    readonly sources: readonly PatchSource[]
    readonly directory: string
  },
): Promise<HardenedWay> {
  const started = performance.now()
  const result = await patchImage(image, inventory, options)
  const seconds = (performance.now() - started) / 1000
  return {
    image: result.image ?? image,
    inventory: result.inventory ?? inventory,
    report,
    patched: result.report,
    seconds,
  }
}

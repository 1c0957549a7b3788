import { type HardenResult, hardenImage } from '@sallyport/harden'
import type { Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'

/** Takes manuals, headers and such out of packages that stay, and sets the configuration right where that is safe. */
export async function stripAndConfigure(image: Image, inventory: Inventory): Promise<HardenResult> {
  const result = await hardenImage(image, inventory, {
    strip: { docs: true, man: true, info: true, headers: true, locales: { keep: ['en', 'de'] } },
    configuration: true,
  })
  for (const { id, state, findings } of result.report.checks ?? [])
    for (const { subject, detail, reason } of findings)
      console.log(`${id} ${state}: ${subject}: ${detail}`, reason ?? '')
  return result
}

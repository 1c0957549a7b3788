import { controlImage } from '@sallyport/harden'
import type { Image } from '@sallyport/image'
import type { Finding } from '@sallyport/scan'

/** Findings of the same image, written again with nothing removed: what a rewrite alone makes of them. */
export async function controlFindings(
  image: Image,
  scan: (image: Image) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  await using rewritten = await controlImage(image)
  return scan(rewritten)
}

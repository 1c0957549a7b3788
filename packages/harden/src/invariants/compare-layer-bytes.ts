import type { Image, ImageLayer } from '@sallyport/image'
import { countTarBytes } from './check-layers.ts'
import type { Violation } from './invariant.ts'

/** For headers of folders that had none, and the ends of archives, which are filled up. */
const slackBytes = 64 * 1024

/**
 * I11, as a sum: the layers that were written anew are smaller by at least the bytes of the files that left, whatever
 * else a layer may hold besides its entries.
 */
export async function compareLayerBytes(
  before: Image,
  after: Image,
  changed: ReadonlySet<string>,
): Promise<readonly Violation[]> {
  const [was, is] = [await sumTouched(before, after.layers), await sumTouched(after, before.layers)]
  const linked = new Set<string>()
  for (const { hardlinkTo, path } of before.tree.entries()) {
    if (hardlinkTo !== undefined) linked.add(hardlinkTo).add(path)
  }
  let left = 0
  for (const { path, size } of before.tree.entries())
    if (!after.tree.get(path) && !linked.has(path)) left += size
  let grown = 0
  for (const { path, size } of after.tree.entries()) {
    const old = before.tree.get(path)
    if (!old) grown += size + 2048
    else if (changed.has(path)) grown += Math.max(0, size - old.size) + 1024
  }
  const most = was - left + grown + slackBytes
  return is > most
    ? [{ message: `layers have ${is} bytes, of ${was} before, although files of ${left} bytes left` }]
    : []
}

async function sumTouched(image: Image, others: readonly ImageLayer[]): Promise<number> {
  const same = new Set(others.map(({ diffId }) => diffId))
  let sum = 0
  for (const { diffId, descriptor } of image.layers)
    if (!same.has(diffId)) sum += await countTarBytes(image, descriptor)
  return sum
}

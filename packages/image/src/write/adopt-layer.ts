import { adoptFile } from '../open/adopt-file.ts'
import { layoutBlobPath } from '../open/layout-directory.ts'
import type { OpenedImage, OpenedLayer } from '../open/opened-image.ts'

/**
 * Gives a result its own name for the files of a layer that it shares with the source, so that it outlives it: a hard
 * link, or a copy where the folder is on another disk.
 */
export async function adoptLayer(
  source: OpenedImage,
  layer: OpenedLayer,
  { layout, tarPath }: { readonly layout: string; readonly tarPath: string },
): Promise<OpenedLayer> {
  const { digest } = layer.descriptor
  await adoptFile(layer.tarPath, tarPath)
  await adoptFile(layoutBlobPath(source.layoutDirectory, digest), layoutBlobPath(layout, digest))
  return { ...layer, tarPath }
}

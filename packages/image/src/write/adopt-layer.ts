import { copyFile, link } from 'node:fs/promises'
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
  await adopt(layer.tarPath, tarPath)
  await adopt(layoutBlobPath(source.layoutDirectory, digest), layoutBlobPath(layout, digest))
  return { ...layer, tarPath }
}

async function adopt(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // The same layer may come twice in an image.
    if (code === 'EEXIST') return
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EMLINK') throw error
    await copyFile(from, to)
  }
}

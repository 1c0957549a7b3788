import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type BlobReader, runConcurrently } from '@sallyport/core'
import { spoolLayer } from '../layer/spool-layer.ts'
import { layoutBlobPath } from '../open/layout-directory.ts'
import type { OpenedImage, OpenedLayer } from '../open/opened-image.ts'
import { openBlobFile } from '../open/read-blob.ts'
import { adoptLayer } from './adopt-layer.ts'
import type { ResultLayers } from './edit-documents.ts'

/** Two at a time: zlib works on other threads. */
const concurrency = 2

/** Where {@link rereadLayers} reads and writes. */
export interface RereadPlace {
  /** Folder for the tars, in `tars`. */
  readonly folder: string
  /** Layout with the blobs of the new layers. */
  readonly layout: string
  readonly signal?: AbortSignal | undefined
}

/** Reads the new layers back from their blobs, as a stranger would; the others are taken over from the source. */
export async function rereadLayers(
  image: OpenedImage,
  { layers, top }: ResultLayers,
  { folder, layout, signal }: RereadPlace,
): Promise<OpenedLayer[]> {
  const tars = join(folder, 'tars')
  await mkdir(tars)
  const source: BlobReader = {
    open: (blob, options) => openBlobFile(layoutBlobPath(layout, blob.digest), blob, options),
  }
  // The source's own bounds don't apply: what it took to open the image it takes to open the result.
  const limits = { ...image.parts.limits, maxCompressionRatio: Number.POSITIVE_INFINITY }
  const reread = new Map<number, OpenedLayer>()
  await runConcurrently(
    [...[...layers, top].entries()],
    concurrency,
    signal,
    async ([index, layer], stop) => {
      if (layer === undefined) return
      const before = image.layers[index]
      const tarPath = join(tars, `${index}.tar`)
      if (layer === before) {
        reread.set(index, await adoptLayer(image, before, { layout, tarPath }))
        return
      }
      const { descriptor, diffId } = layer
      const contents = await spoolLayer({ source, descriptor, diffId, tarPath, limits, signal: stop })
      reread.set(index, { index, descriptor, diffId, tarPath, contents })
    },
  )
  return [...reread.entries()].sort(([a], [b]) => a - b).map(([, layer], index) => ({ ...layer, index }))
}

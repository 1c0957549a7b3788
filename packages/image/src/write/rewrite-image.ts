import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BlobReader, Descriptor, Digest } from '@sallyport/core'
import { runConcurrently } from '@sallyport/core'
import { ImageError } from '../errors.ts'
import type { Image } from '../image.ts'
import { compressionOf, type LayerCompression } from '../layer/layer-format.ts'
import { spoolLayer } from '../layer/spool-layer.ts'
import { createLayout, layoutBlobPath } from '../open/layout-directory.ts'
import { OpenedImage, type OpenedLayer } from '../open/opened-image.ts'
import { openBlobFile } from '../open/read-blob.ts'
import { ImageTree } from '../tree/image-tree.ts'
import { mergeLayers } from '../tree/merge-layers.ts'
import { editConfig, editManifest, type ResultLayer, toRawManifest } from './edit-documents.ts'
import type { ImageEdit, RewrittenImage } from './image-edit.ts'
import { planRewrite, type RewritePlan } from './plan-rewrite.ts'
import { renderLayer } from './render-layer.ts'
import { verifyRewrite } from './verify-rewrite.ts'
import { writeLayer, type WrittenLayer } from './write-layer.ts'

/** What {@link rewriteImage} reports, per layer of the source. */
export type RewriteProgress =
  | { readonly type: 'layer-kept'; readonly layer: number }
  | { readonly type: 'layer-dropped'; readonly layer: number }
  | { readonly type: 'layer-written'; readonly layer: number; readonly digest: Digest; readonly size: number }
  | { readonly type: 'verified' }

/** Options of {@link rewriteImage}. */
export interface RewriteOptions {
  /** Folder in which the result's own folder is made. Default the system's folder for temporary files. */
  readonly directory?: string | undefined
  /** Compression of layers that are written anew. Default `keep`: that of the layer before. */
  readonly compression?: 'gzip' | 'zstd' | 'keep' | undefined
  /** gzip 0 to 9, default 6; zstd 1 to 22, default 3. */
  readonly level?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((event: RewriteProgress) => void) | undefined
}

/**
 * Changes an image's file system, and writes each layer that is touched anew, so that nothing that can't be seen
 * afterwards is in any layer: neither removed files nor such as were deleted or overwritten by later layers before.
 * Layers without a change keep their blob; layers without an entry left go, with their history line. Everything is
 * read back and compared before the promise resolves. The same image and edit give the same digest; an edit that
 * changes nothing of an image that hides nothing gives the source's own manifest, annotations not added.
 *
 * `blobs` of the result reads unchanged blobs from `image`, which must stay open as long. After a rejection or an
 * abort nothing is left behind.
 *
 * @throws {ImageError} `PATH_INVALID` or `NOT_A_FILE` when the edit does not fit the image.
 * @throws {ImageError} `REWRITE_MISMATCH` when the result is not what was meant.
 */
export async function rewriteImage(
  image: Image,
  edit: ImageEdit,
  options: RewriteOptions = {},
): Promise<RewrittenImage> {
  const { directory = tmpdir(), signal, onProgress } = options
  signal?.throwIfAborted()
  if (!(image instanceof OpenedImage)) {
    throw new TypeError('rewriteImage needs an image that was opened by openImage of the same package')
  }
  const { layers, tree } = image
  const { activeWhiteouts, limits } = image.parts
  const plan = planRewrite({ layers: layers.map(({ contents }) => contents), tree, activeWhiteouts }, edit)
  if (plan.layers.every(({ action }) => action === 'keep')) {
    if (plan.paths.size !== tree.size || edit.replace.size > 0) {
      throw new ImageError('REWRITE_MISMATCH', 'the edit changes the image, but no layer')
    }
    const { raw, manifest, config } = image
    for (const layer of plan.layers.keys()) onProgress?.({ type: 'layer-kept', layer })
    return { raw, manifest, config, blobs: image, [Symbol.asyncDispose]: () => Promise.resolve() }
  }

  await mkdir(directory, { recursive: true })
  const folder = await mkdtemp(join(directory, 'sallyport-rewrite-'))
  const dispose = () => rm(folder, { recursive: true, force: true })
  try {
    const layout = join(folder, 'layout')
    await createLayout(layout)
    const written = await writeLayers(image, plan, layout, options)
    const result = layers.map((layer, index): ResultLayer =>
      plan.layers[index]?.action === 'keep' ? layer : written.get(index),
    )
    const reread = await rereadLayers(image, result, folder, layout, signal)
    const merged = mergeLayers(
      reread.map(({ contents }) => contents),
      limits.maxPaths,
    )
    const config = editConfig(image.config, result, edit.createdBy)
    const configBytes = Buffer.from(JSON.stringify(config))
    const manifest = editManifest(image.manifest, result, configBytes, edit.annotations)
    const raw = toRawManifest(manifest, image.raw.descriptor.mediaType)
    {
      await using again = new OpenedImage({
        ...image.parts,
        raw,
        manifest,
        config,
        layers: reread,
        tree: new ImageTree(merged.root, limits.maxPaths),
        activeWhiteouts: merged.activeWhiteouts,
        dispose: () => rm(join(folder, 'tars'), { recursive: true, force: true }),
      })
      const changed = new Set(
        [...plan.layers.keys()].filter((layer) => plan.layers[layer]?.action === 'rewrite'),
      )
      await verifyRewrite(image, again, plan.paths, edit, changed, signal)
    }
    onProgress?.({ type: 'verified' })
    await writeFile(layoutBlobPath(layout, manifest.config.digest), configBytes)
    const own = [manifest.config, ...[...written.values()].map(({ descriptor }) => descriptor)]
    return { raw, manifest, config, blobs: resultBlobs(image, layout, own), [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

/** Two at a time: zlib works on other threads. */
const concurrency = 2

async function writeLayers(
  image: OpenedImage,
  plan: RewritePlan,
  layout: string,
  { compression = 'keep', level, signal, onProgress }: RewriteOptions,
): Promise<ReadonlyMap<number, WrittenLayer>> {
  const written = new Map<number, WrittenLayer>()
  // Registries and runtimes expect a layer: when nothing is left at all, the first one stays, empty.
  const nothingLeft = plan.layers.every((layer) => layer.action === 'rewrite' && layer.steps.length === 0)
  await runConcurrently([...plan.layers.entries()], concurrency, signal, async ([index, layer], stop) => {
    const source = image.layers[index]
    if (source === undefined) return
    if (layer.action === 'keep') {
      onProgress?.({ type: 'layer-kept', layer: index })
      return
    }
    if (layer.steps.length === 0 && !(nothingLeft && index === 0)) {
      onProgress?.({ type: 'layer-dropped', layer: index })
      return
    }
    const likeMediaType = source.descriptor.mediaType
    const chosen: LayerCompression = compression === 'keep' ? compressionOf(likeMediaType) : compression
    const tar = renderLayer(image, index, layer.steps, stop)
    const result = await writeLayer(tar, {
      compression: chosen,
      level,
      likeMediaType,
      layout,
      name: `layer-${index}`,
      signal: stop,
    })
    written.set(index, result)
    onProgress?.({
      type: 'layer-written',
      layer: index,
      digest: result.descriptor.digest,
      size: result.descriptor.size,
    })
  })
  return written
}

/** Reads the new layers back from their blobs, as a stranger would. */
async function rereadLayers(
  image: OpenedImage,
  result: readonly ResultLayer[],
  folder: string,
  layout: string,
  signal: AbortSignal | undefined,
): Promise<OpenedLayer[]> {
  const tars = join(folder, 'tars')
  await mkdir(tars)
  const source: BlobReader = {
    open: (blob, options) => openBlobFile(layoutBlobPath(layout, blob.digest), blob, options),
  }
  // The source's own bounds don't apply: what it took to open the image it takes to open the result.
  const limits = { ...image.parts.limits, maxCompressionRatio: Number.POSITIVE_INFINITY }
  const reread = new Map<number, OpenedLayer>()
  await runConcurrently([...result.entries()], concurrency, signal, async ([index, layer], stop) => {
    const before = image.layers[index]
    if (layer === undefined || before === undefined) return
    if (layer === before) {
      reread.set(index, before)
      return
    }
    const { descriptor, diffId } = layer
    const tarPath = join(tars, `${index}.tar`)
    const contents = await spoolLayer({ source, descriptor, diffId, tarPath, limits, signal: stop })
    reread.set(index, { index, descriptor, diffId, tarPath, contents })
  })
  return [...reread.entries()].sort(([a], [b]) => a - b).map(([, layer], index) => ({ ...layer, index }))
}

function resultBlobs(image: OpenedImage, layout: string, own: readonly Descriptor[]): BlobReader {
  return {
    open(blob, options) {
      if (!own.some(({ digest }) => digest === blob.digest)) return image.open(blob, options)
      return openBlobFile(layoutBlobPath(layout, blob.digest), blob, options)
    },
  }
}

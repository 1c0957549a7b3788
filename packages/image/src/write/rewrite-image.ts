import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ImageError } from '../errors.ts'
import type { Image } from '../image.ts'
import { createLayout, finishLayout, layoutBlobPath } from '../open/layout-directory.ts'
import { nameLayers } from '../open/name-layers.ts'
import { OpenedImage } from '../open/opened-image.ts'
import { ImageTree } from '../tree/image-tree.ts'
import { mergeLayers } from '../tree/merge-layers.ts'
import {
  applyConfigEdit,
  editConfig,
  editManifest,
  type ResultLayer,
  toRawManifest,
} from './edit-documents.ts'
import type { ImageEdit, RewrittenImage } from './image-edit.ts'
import { planRewrite } from './plan-rewrite.ts'
import { rereadLayers } from './reread-layers.ts'
import type { RewriteOptions } from './rewrite-options.ts'
import { verifyRewrite } from './verify-rewrite.ts'
import { writeLayers } from './write-layers.ts'

/**
 * Changes an image's file system and configuration, and writes each layer that is touched anew, so that nothing that can't be seen
 * afterwards is in any layer: neither removed files nor such as were deleted or overwritten by later layers before.
 * Layers without a change keep their blob; layers without an entry left go, with their history line. New paths come
 * into one new layer on top. Everything is read back and compared before the promise resolves. The same image and edit give the same digest; an edit that
 * changes nothing of an image that hides nothing gives the source's own manifest, annotations not added.
 *
 * The result is open and has its own name for each file, so that it outlives `image`. After a rejection or an abort
 * nothing is left behind.
 *
 * @throws {ImageError} `PATH_INVALID` or `NOT_A_FILE` when the edit does not fit the image.
 * @throws {ImageError} `EDIT_INVALID` when metadata can't be, differs for one file, or a new content has another size.
 * @throws {ImageError} `CONFIG_INVALID` when the edited configuration is none, is of another platform, or has other
 * lines of history; `LIMIT_EXCEEDED` when it is too large.
 * @throws {ImageError} `REWRITE_MISMATCH` when the result is not what was meant.
 */
export async function rewriteImage(
  image: Image,
  edit: ImageEdit,
  options: RewriteOptions = {},
): Promise<RewrittenImage> {
  const { directory = tmpdir(), squash = false, signal, onProgress } = options
  signal?.throwIfAborted()
  if (!(image instanceof OpenedImage)) {
    throw new TypeError('rewriteImage needs an image that was opened by openImage of the same package')
  }
  const { layers, tree } = image
  const { activeWhiteouts, limits } = image.parts
  const input = { layers: layers.map(({ contents }) => contents), tree, activeWhiteouts }
  const plan = planRewrite(input, edit, squash)
  const edited = applyConfigEdit(image.config, edit)
  const sameConfig = JSON.stringify(edited) === JSON.stringify(image.config)
  if (plan.top.length === 0 && plan.layers.every(({ action }) => action === 'keep')) {
    if (
      plan.selection.paths.size !== tree.size ||
      edit.replace.size > 0 ||
      plan.selection.attributes.size > 0
    ) {
      throw new ImageError('REWRITE_MISMATCH', 'the edit changes the image, but no layer')
    }
    if (sameConfig) {
      const { raw, manifest, config } = image
      for (const layer of plan.layers.keys()) onProgress?.({ type: 'layer-kept', layer })
      return { raw, manifest, config, image, [Symbol.asyncDispose]: () => Promise.resolve() }
    }
  }

  await mkdir(directory, { recursive: true })
  const folder = await mkdtemp(join(directory, 'sallyport-rewrite-'))
  const dispose = () => rm(folder, { recursive: true, force: true })
  try {
    await using resources = new AsyncDisposableStack()
    const layout = join(folder, 'layout')
    await createLayout(layout)
    const layersWritten = await writeLayers(image, plan, layout, options)
    const result = {
      layers: layers.map((layer, index): ResultLayer =>
        plan.layers[index]?.action === 'keep' ? layer : layersWritten.get(index),
      ),
      top: layersWritten.get(layers.length),
      squashed: plan.squashed,
    }
    const reread = await rereadLayers(image, result, { folder, layout, signal })
    const merged = mergeLayers(
      reread.map(({ contents }) => contents),
      limits.maxPaths,
    )
    const config = editConfig(edited, result, edit.createdBy)
    const configBytes = Buffer.from(JSON.stringify(config))
    if (configBytes.length > limits.maxConfigBytes) {
      throw new ImageError(
        'LIMIT_EXCEEDED',
        `the edited config has ${configBytes.length} of ${limits.maxConfigBytes} bytes`,
      )
    }
    const manifest = editManifest(image.manifest, result, configBytes, edit.annotations)
    const raw = toRawManifest(manifest, image.raw.descriptor.mediaType)
    await writeFile(layoutBlobPath(layout, manifest.config.digest), configBytes)
    await finishLayout(layout, raw, image.platform)
    const written = new OpenedImage({
      ...image.parts,
      raw,
      manifest,
      config,
      layers: nameLayers(reread, config),
      tree: new ImageTree(merged.root, limits.maxPaths),
      activeWhiteouts: merged.activeWhiteouts,
      layoutDirectory: layout,
      dispose,
    })
    resources.use(written)
    const changed = new Set(
      [...plan.layers.keys()].filter((layer) => plan.layers[layer]?.action === 'rewrite'),
    )
    await verifyRewrite(image, written, plan.selection, changed, signal)
    onProgress?.({ type: 'verified' })
    resources.move()
    return {
      raw,
      manifest,
      config,
      image: written,
      [Symbol.asyncDispose]: () => written[Symbol.asyncDispose](),
    }
  } catch (error) {
    await dispose()
    throw error
  }
}

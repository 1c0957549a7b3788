import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BlobReader, Descriptor, Digest, RawManifest } from '@sallyport/core'
import { runConcurrently } from '@sallyport/core'
import { ImageError } from '../errors.ts'
import type { Image } from '../image.ts'
import { type ImageLimits, type ResolvedLimits, resolveLimits } from '../image-limits.ts'
import type { LayerIndex } from '../layer/layer-entry.ts'
import { spoolLayer } from '../layer/spool-layer.ts'
import { ImageTree } from '../tree/image-tree.ts'
import { mergeLayers } from '../tree/merge-layers.ts'
import { adoptFile } from './adopt-file.ts'
import { KeptLayers, type LayerStore } from './layer-store.ts'
import { createLayout, finishLayout, layoutBlobPath } from './layout-directory.ts'
import { nameLayers } from './name-layers.ts'
import { OpenedImage, type OpenedLayer } from './opened-image.ts'
import { readDocuments } from './read-documents.ts'

/** What {@link openImage} reports. */
export type OpenImageProgress =
  | { readonly type: 'layer-progress'; readonly layer: number; readonly bytes: number; readonly size: number }
  | {
      readonly type: 'layer-opened'
      readonly layer: number
      readonly digest: Digest
      readonly entries: number
    }

/** Options of {@link openImage}. */
export interface OpenImageOptions {
  /** Folder in which the image's own folder is made. Default the system's folder for temporary files. */
  readonly directory?: string | undefined
  /** Ends the work; the promise rejects with `signal.reason`, and what was unpacked is deleted. */
  readonly signal?: AbortSignal | undefined
  /** Sees how far the layers are. */
  readonly onProgress?: ((event: OpenImageProgress) => void) | undefined
  /** Limits on size, number and depth. Default: those of {@link ImageLimits}. */
  readonly limits?: ImageLimits | undefined
  /** Keeps layers for other images that share them. Default: none, the image has its own. */
  readonly layerStore?: LayerStore | undefined
}

/**
 * Reads an image of one platform once from its source into a new folder, verifies everything, and opens it for
 * random access. Disposing the image deletes the folder; after a rejection or an abort nothing is left of it.
 *
 * @throws {ImageError} `DIGEST_MISMATCH`, `DIFF_ID_MISMATCH` or `LAYER_CORRUPT` when bytes are not what they should be.
 * @throws {ImageError} `CONFIG_INVALID` when manifest or config is malformed, or they have different numbers of layers.
 * @throws {ImageError} `LAYER_UNSUPPORTED` for foreign layers and unknown media types.
 * @throws {ImageError} `TAR_INVALID`, `TAR_UNSUPPORTED` or `PATH_INVALID` when a layer's tar is malformed.
 * @throws {ImageError} `LIMIT_EXCEEDED` when a limit of `options.limits` is passed.
 */
export async function openImage(
  source: BlobReader,
  raw: RawManifest,
  { directory = tmpdir(), signal, onProgress, limits: given, layerStore }: OpenImageOptions = {},
): Promise<Image> {
  signal?.throwIfAborted()
  const limits = resolveLimits(given)
  const documents = await readDocuments(source, raw, { limits, signal })
  const { manifest, config, configBytes, diffIds, platform } = documents

  await mkdir(directory, { recursive: true })
  const folder = await mkdtemp(join(directory, 'sallyport-image-'))
  await using resources = new AsyncDisposableStack()
  resources.defer(() => rm(folder, { recursive: true, force: true }))
  const layoutDirectory = join(folder, 'layout')
  await createLayout(layoutDirectory)
  await mkdir(join(folder, 'tars'))
  const spooled = await spoolLayers(
    { source, layers: manifest.layers, diffIds, folder, layoutDirectory, limits, layerStore, resources },
    signal,
    onProgress,
  )
  await writeFile(layoutBlobPath(layoutDirectory, manifest.config.digest), configBytes)
  await finishLayout(layoutDirectory, raw, platform)

  const { root, activeWhiteouts } = mergeLayers(
    spooled.map(({ contents }) => contents),
    limits.maxPaths,
  )
  const layers = nameLayers(spooled, config)
  const tree = new ImageTree(root, limits.maxPaths)
  const owned = resources.move()
  return new OpenedImage({
    raw,
    manifest,
    config,
    platform,
    layers,
    tree,
    activeWhiteouts,
    layoutDirectory,
    limits,
    dispose: () => owned.disposeAsync(),
  })
}

interface SpoolInput {
  readonly source: BlobReader
  readonly layers: readonly Descriptor[]
  readonly diffIds: readonly Digest[]
  readonly folder: string
  readonly layoutDirectory: string
  /** Limits on size, number and depth. */
  readonly limits: ResolvedLimits
  readonly layerStore: LayerStore | undefined
  /** Takes what is to be given back in the end. */
  readonly resources: AsyncDisposableStack
}

/** Two at a time: zlib works on other threads, more only costs memory. */
const concurrency = 2

async function spoolLayers(
  { source, layers, diffIds, folder, layoutDirectory, limits, layerStore, resources }: SpoolInput,
  signal: AbortSignal | undefined,
  onProgress: OpenImageOptions['onProgress'],
): Promise<OpenedLayer[]> {
  const spooled = new Map<Digest, { readonly diffId: Digest; tarPath: string; contents?: LayerIndex }>()
  const waiting: { readonly index: number; readonly descriptor: Descriptor; readonly diffId: Digest }[] = []
  for (const [index, descriptor] of layers.entries()) {
    const diffId = diffIds[index]
    if (diffId === undefined) throw new ImageError('CONFIG_INVALID', `layer ${index} has no diff id`)
    // The same layer may occur twice; it is stored once.
    const known = spooled.get(descriptor.digest)
    if (known === undefined) {
      spooled.set(descriptor.digest, { diffId, tarPath: join(folder, 'tars', `${index}.tar`) })
      waiting.push({ index, descriptor, diffId })
    } else if (known.diffId !== diffId) {
      throw new ImageError('DIFF_ID_MISMATCH', `layer ${descriptor.digest} has two different diff ids`, {
        blob: descriptor.digest,
      })
    }
  }
  let uncompressed = 0
  await runConcurrently(waiting, concurrency, signal, async ({ index, descriptor, diffId }, stop) => {
    const entry = spooled.get(descriptor.digest)
    if (entry === undefined) return
    let received = 0
    const blobPath = layoutBlobPath(layoutDirectory, descriptor.digest)
    const input = {
      source,
      descriptor,
      diffId,
      limits,
      signal: stop,
      onBytes(bytes: number) {
        received += bytes
        onProgress?.({ type: 'layer-progress', layer: index, bytes: received, size: descriptor.size })
      },
      onTarBytes(bytes: number) {
        uncompressed += bytes
        if (uncompressed > limits.maxImageBytes) {
          throw new ImageError(
            'LIMIT_EXCEEDED',
            `image of more than ${limits.maxImageBytes} bytes when uncompressed`,
          )
        }
      },
    }
    if (layerStore instanceof KeptLayers) {
      const borrowed = await layerStore.borrow(input)
      resources.defer(borrowed.release)
      entry.tarPath = borrowed.tarPath
      entry.contents = borrowed.contents
      await adoptFile(borrowed.blobPath, blobPath)
    } else {
      entry.contents = await spoolLayer({ ...input, blobPath, tarPath: entry.tarPath })
    }
    onProgress?.({
      type: 'layer-opened',
      layer: index,
      digest: descriptor.digest,
      entries: entry.contents.entries.length,
    })
  })
  return layers.map((descriptor, index) => {
    const entry = spooled.get(descriptor.digest)
    if (entry?.contents === undefined)
      throw new ImageError('LAYER_CORRUPT', `layer ${descriptor.digest} was not read`)
    return { index, descriptor, diffId: entry.diffId, tarPath: entry.tarPath, contents: entry.contents }
  })
}

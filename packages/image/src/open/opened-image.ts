import { type FileHandle, open } from 'node:fs/promises'
import type { BlobReadOptions, Descriptor, ImageManifest, Platform, RawManifest } from '@sallyport/core'
import type { ImageConfig } from '../config.schema.ts'
import { ImageError } from '../errors.ts'
import type { Image, ImageLayer, ReadFileOptions } from '../image.ts'
import type { ResolvedLimits } from '../image-limits.ts'
import type { LayerIndex } from '../layer/layer-entry.ts'
import type { FileNode } from '../tree/file-tree.ts'
import type { ImageTree } from '../tree/image-tree.ts'
import type { Inode } from '../tree/inode.ts'
import { layoutBlobPath } from './layout-directory.ts'
import { openBlobFile } from './read-blob.ts'

/** A layer with its place on disk. */
export interface OpenedLayer extends ImageLayer {
  /** The uncompressed tar. */
  readonly tarPath: string
  readonly contents: LayerIndex
}

/** What an {@link OpenedImage} is made of. */
export interface OpenedImageParts {
  readonly raw: RawManifest
  readonly manifest: ImageManifest
  readonly config: ImageConfig
  readonly platform: Platform
  readonly layers: readonly OpenedLayer[]
  readonly tree: ImageTree
  readonly activeWhiteouts: readonly ReadonlySet<number>[]
  readonly layoutDirectory: string
  readonly limits: ResolvedLimits
  readonly dispose: () => Promise<void>
}

const defaultMaxBytes = 64 * 1024 * 1024
const readSize = 256 * 1024

/** The image that `openImage` gives out; inside the package its layers can be seen too. */
export class OpenedImage implements Image {
  readonly raw: RawManifest
  readonly manifest: ImageManifest
  readonly config: ImageConfig
  readonly platform: Platform
  readonly layers: readonly OpenedLayer[]
  readonly tree: ImageTree
  readonly layoutDirectory: string
  readonly #parts: OpenedImageParts
  readonly #files = new Map<string, Promise<FileHandle>>()

  constructor(parts: OpenedImageParts) {
    this.#parts = parts
    this.raw = parts.raw
    this.manifest = parts.manifest
    this.config = parts.config
    this.platform = parts.platform
    this.layers = parts.layers
    this.tree = parts.tree
    this.layoutDirectory = parts.layoutDirectory
  }

  /** What only this package needs. */
  get parts(): OpenedImageParts {
    return this.#parts
  }

  open(blob: Descriptor, options: BlobReadOptions = {}): AsyncIterable<Uint8Array> {
    const known = [this.raw.descriptor, this.manifest.config, ...this.manifest.layers]
    const own = known.find(({ digest }) => digest === blob.digest)
    if (own === undefined) {
      throw new ImageError('BLOB_UNKNOWN', `${blob.digest} is not part of the image`, { blob: blob.digest })
    }
    return openBlobFile(layoutBlobPath(this.layoutDirectory, blob.digest), blob, options)
  }

  async readFile(
    node: FileNode,
    { maxBytes = defaultMaxBytes, signal }: ReadFileOptions = {},
  ): Promise<Uint8Array> {
    signal?.throwIfAborted()
    const inode = this.#fileInode(node)
    if (inode.size > maxBytes) {
      throw new ImageError('LIMIT_EXCEEDED', `${node.path}: ${inode.size} of ${maxBytes} bytes`, {
        path: node.path,
      })
    }
    const bytes = Buffer.alloc(inode.size)
    await this.#read(inode, bytes, 0, signal)
    return bytes
  }

  async readRange(
    node: FileNode,
    { offset, length }: { readonly offset: number; readonly length: number },
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Uint8Array> {
    signal?.throwIfAborted()
    const inode = this.#fileInode(node)
    if (!(offset >= 0) || !(length >= 0) || length > defaultMaxBytes) {
      throw new ImageError('LIMIT_EXCEEDED', `${node.path}: ${length} bytes from ${offset} at once`, {
        path: node.path,
      })
    }
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, inode.size - offset)))
    if (bytes.length > 0) await this.#read(inode, bytes, offset, signal)
    return bytes
  }

  async *openFile(
    node: FileNode,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    yield* this.readContent(this.#fileInode(node), signal)
  }

  /** Streams the content of an inode. */
  async *readContent(inode: Inode, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    for (let position = 0; position < inode.size; position += readSize) {
      const bytes = Buffer.alloc(Math.min(readSize, inode.size - position))
      await this.#read(inode, bytes, position, signal)
      yield bytes
    }
  }

  /** Reads raw bytes of a layer's tar. */
  async readTarRange(
    layer: number,
    start: number,
    length: number,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const bytes = Buffer.alloc(length)
    await this.#readAt(layer, bytes, start, signal)
    return bytes
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const files = await Promise.allSettled(this.#files.values())
    this.#files.clear()
    await Promise.allSettled(
      files.map((file) => (file.status === 'fulfilled' ? file.value.close() : undefined)),
    )
    await this.#parts.dispose()
  }

  #fileInode(node: FileNode): Inode {
    const found = this.tree.get(node.path)
    const inode = found?.shared?.inode
    if (inode?.type === 'file') return inode
    throw new ImageError(
      'NOT_A_FILE',
      `${node.path} is ${found === undefined ? 'missing' : `a ${found.type}`}`,
      {
        path: node.path,
      },
    )
  }

  #read(inode: Inode, bytes: Buffer, position: number, signal: AbortSignal | undefined): Promise<void> {
    return this.#readAt(inode.origin.layer, bytes, inode.dataOffset + position, signal)
  }

  async #readAt(layer: number, bytes: Buffer, start: number, signal: AbortSignal | undefined): Promise<void> {
    const file = await this.#tar(layer)
    let filled = 0
    while (filled < bytes.length) {
      signal?.throwIfAborted()
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled)
      if (bytesRead === 0)
        throw new ImageError('LAYER_CORRUPT', `tar of layer ${layer} was cut after it was opened`)
      filled += bytesRead
    }
  }

  #tar(layer: number): Promise<FileHandle> {
    const path = this.layers[layer]?.tarPath ?? ''
    const known = this.#files.get(path)
    if (known !== undefined) return known
    const opening = open(path, 'r')
    this.#files.set(path, opening)
    return opening
  }
}

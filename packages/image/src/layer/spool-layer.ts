import { type FileHandle, open } from 'node:fs/promises'
import type { BlobReader, Descriptor, Digest } from '@sallyport/core'
import type { ResolvedLimits } from '../image-limits.ts'
import type { LayerIndex } from './layer-entry.ts'
import { compressionOf } from './layer-format.ts'
import { streamLayer } from './read-layer.ts'

/** What {@link spoolLayer} needs. */
export interface SpoolLayerInput {
  readonly source: BlobReader
  readonly descriptor: Descriptor
  readonly diffId: Digest
  /** Where the blob goes as it is; not written when undefined. */
  readonly blobPath?: string | undefined
  /** Where the uncompressed tar goes. */
  readonly tarPath: string
  readonly limits: ResolvedLimits
  readonly signal?: AbortSignal | undefined
  /** Told the compressed bytes as they arrive. */
  readonly onBytes?: ((bytes: number) => void) | undefined
  /** Told the uncompressed bytes; what it throws ends the reading. */
  readonly onTarBytes?: ((bytes: number) => void) | undefined
}

/**
 * Reads a layer once: stores the blob and its uncompressed tar, verifies both digests and builds the index.
 *
 * @throws {ImageError} `LAYER_CORRUPT`, `DIGEST_MISMATCH`, `DIFF_ID_MISMATCH`, `LAYER_UNSUPPORTED`, `TAR_INVALID`,
 * `TAR_UNSUPPORTED`, `PATH_INVALID`, `LIMIT_EXCEEDED`; the files are then incomplete.
 */
export async function spoolLayer(input: SpoolLayerInput): Promise<LayerIndex> {
  const { source, descriptor, diffId, limits, signal, onBytes, onTarBytes } = input
  // Before there are files to leave behind.
  compressionOf(descriptor.mediaType)
  await using files = new AsyncDisposableStack()
  const blobFile = input.blobPath === undefined ? undefined : await openFor(files, input.blobPath)
  const tarFile = await openFor(files, input.tarPath)
  let writing: Promise<void> = Promise.resolve()
  try {
    const index = await streamLayer(source.open(descriptor, { signal }), {
      descriptor,
      diffId,
      limits,
      signal,
      onBytes,
      onTarBytes,
      onBlob: blobFile && ((chunk) => writeAll(blobFile, chunk)),
      async onTar(chunk) {
        // One write runs beside the decompression of the next chunk.
        await writing
        writing = writeAll(tarFile, chunk)
        writing.catch(() => undefined)
      },
    })
    await writing
    return index
  } finally {
    // The file is closed next; a write must not come after that.
    await writing.catch(() => undefined)
  }
}

async function openFor(files: AsyncDisposableStack, path: string): Promise<FileHandle> {
  const file = await open(path, 'wx', 0o600)
  files.defer(() => file.close())
  return file
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  let written = 0
  while (written < chunk.length) {
    const { bytesWritten } = await file.write(chunk, written, chunk.length - written)
    written += bytesWritten
  }
}

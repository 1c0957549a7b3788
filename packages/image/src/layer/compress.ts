import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress } from 'node:zlib'
import { gzipBlocks } from './gzip-blocks.ts'
import type { LayerCompression } from './layer-format.ts'

const chunkSize = 256 * 1024

/** Options of {@link compressLayer}. */
export interface CompressOptions {
  /** gzip 0 to 9, default 6; zstd 1 to 22, default 3. */
  readonly level?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Compresses a tar as a stream. The same bytes, level and zlib give the same result.
 */
export async function* compressLayer(
  tar: AsyncIterable<Uint8Array>,
  compression: LayerCompression,
  { level, signal }: CompressOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  if (compression === 'none') {
    yield* tar
    return
  }
  if (compression === 'gzip') {
    yield* gzipBlocks(tar, { level: level ?? 6, signal })
    return
  }
  const params = { [constants.ZSTD_c_compressionLevel]: level ?? 3 }
  const engine = createZstdCompress({ chunkSize, params })
  let failure: { readonly error: unknown } | undefined
  async function* feed() {
    try {
      yield* tar
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  const pump = pipeline(feed, engine, signal === undefined ? {} : { signal })
  pump.catch(() => undefined)
  try {
    for await (const chunk of engine as AsyncIterable<Buffer>) yield chunk
    await pump
  } catch (error) {
    signal?.throwIfAborted()
    throw failure === undefined ? error : failure.error
  } finally {
    engine.destroy()
  }
}

import { pipeline } from 'node:stream/promises'
import { constants, createGzip, createZstdCompress } from 'node:zlib'
import type { LayerCompression } from './layer-format.ts'

const chunkSize = 256 * 1024

/** Options of {@link compressLayer}. */
export interface CompressOptions {
  /** gzip 0 to 9, default 6; zstd 1 to 22, default 3. */
  readonly level?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Compresses a tar as a stream. The same bytes, level and zlib give the same result: the gzip header has no name,
 * no time and no operating system.
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
  const engine =
    compression === 'gzip'
      ? createGzip({ level: level ?? 6, chunkSize })
      : createZstdCompress({ chunkSize, params: { [constants.ZSTD_c_compressionLevel]: level ?? 3 } })
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
  let offset = 0
  try {
    for await (const chunk of engine as AsyncIterable<Buffer>) {
      // Byte 9 names the system that zlib was built for (RFC 1952, 2.3.1); 255 means unknown.
      if (compression === 'gzip' && offset <= 9 && offset + chunk.length > 9) chunk[9 - offset] = 255
      offset += chunk.length
      yield chunk
    }
    await pump
  } catch (error) {
    signal?.throwIfAborted()
    throw failure === undefined ? error : failure.error
  } finally {
    engine.destroy()
  }
}

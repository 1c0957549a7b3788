import { pipeline } from 'node:stream/promises'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { ImageError } from '../errors.ts'
import { type LayerCompression, sniffCompression } from './layer-format.ts'
import { splitZstdFrames } from './split-zstd-frames.ts'

/** The default of 16 KiB makes zlib three times slower. */
const chunkSize = 256 * 1024

/** Options of {@link decompressLayer}. */
export interface DecompressOptions {
  readonly maxBytes: number
  readonly maxRatio: number
  /** Whether memory is freed as soon as the next chunk is asked for, so that nobody may keep one. Default `false`. */
  readonly release?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** Below this size no ratio is judged: a few zeros compress to almost nothing. */
const ratioFloorBytes = 64 * 1024 * 1024

/**
 * Uncompresses a layer as a stream; gzip may have several members, zstd several frames. The source is always read
 * to its end.
 *
 * @throws {ImageError} `LAYER_CORRUPT` when the data is not what `compression` says, is cut, or is followed by
 * other bytes.
 * @throws {ImageError} `LIMIT_EXCEEDED` when it grows beyond the limits.
 */
export async function* decompressLayer(
  source: AsyncIterable<Uint8Array>,
  compression: LayerCompression,
  { maxBytes, maxRatio, release = false, signal }: DecompressOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  let received = 0
  let produced = 0
  const checked = checkMagic(source, compression, (bytes) => {
    received += bytes
  })
  for await (const chunk of compression === 'none' ? checked : inflate(checked, compression, signal)) {
    produced += chunk.length
    if (produced > maxBytes) {
      throw new ImageError('LIMIT_EXCEEDED', `layer of more than ${maxBytes} bytes when uncompressed`)
    }
    if (produced > ratioFloorBytes && produced > received * maxRatio) {
      throw new ImageError('LIMIT_EXCEEDED', `layer grows more than ${maxRatio} times when uncompressed`)
    }
    yield chunk
    if (release && compression !== 'none') free(chunk)
  }
}

/**
 * zlib fills buffers of its own one after the other. Waiting for the garbage collector costs tens of megabytes, and makes it
 * run all the time. The buffer that is still being filled is not touched, nor any that others may share.
 */
function free({ buffer, byteOffset, byteLength }: Uint8Array): void {
  const isOwn = buffer.byteLength === chunkSize && Buffer.poolSize < chunkSize
  const isFull = byteLength > 0 && byteOffset + byteLength === chunkSize
  if (isOwn && isFull && buffer instanceof ArrayBuffer) buffer.transfer(0)
}

async function* inflate(
  source: AsyncIterable<Uint8Array>,
  compression: 'gzip' | 'zstd',
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const engine = compression === 'gzip' ? createGunzip({ chunkSize }) : createZstdDecompress({ chunkSize })
  const frames = compression === 'gzip' ? source : splitZstdFrames(source)
  let fed = 0
  let failure: { readonly error: unknown } | undefined
  async function* feed() {
    try {
      for await (const chunk of frames) {
        fed += chunk.length
        yield chunk
      }
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  const pump = pipeline(feed, engine, signal === undefined ? {} : { signal })
  // Its rejection is looked at below; without this it counts as unhandled when the consumer stops early.
  pump.catch(() => undefined)
  try {
    for await (const chunk of engine) yield chunk as Uint8Array
    await pump
  } catch (error) {
    signal?.throwIfAborted()
    if (failure !== undefined) throw failure.error
    throw new ImageError('LAYER_CORRUPT', `layer is no valid ${compression} data`, { cause: error })
  } finally {
    engine.destroy()
  }
  // zlib stops at the end of the last member and ignores what follows; other readers do not.
  if (engine.bytesWritten !== fed) {
    throw new ImageError('LAYER_CORRUPT', `${fed - engine.bytesWritten} bytes follow the ${compression} data`)
  }
}

/** Smaller pieces are put together, so that zlib is not called for each of them. */
const usefulSize = 32 * 1024

/** Passes the source on in chunks of a useful size, after looking at the first bytes. */
async function* checkMagic(
  source: AsyncIterable<Uint8Array>,
  compression: LayerCompression,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let pending: Uint8Array[] = []
  let size = 0
  let started = false
  const flush = () => {
    const chunk = pending.length === 1 && pending[0] !== undefined ? pending[0] : Buffer.concat(pending)
    if (!started) {
      started = true
      const found = sniffCompression(chunk)
      if (found !== compression) {
        throw new ImageError(
          'LAYER_CORRUPT',
          `layer is ${found === 'none' ? 'not compressed' : found}, not ${compression}`,
        )
      }
    }
    onBytes(chunk.length)
    pending = []
    size = 0
    return chunk
  }
  for await (const chunk of source) {
    if (chunk.length === 0) continue
    pending.push(chunk)
    size += chunk.length
    if (size >= usefulSize) yield flush()
  }
  if (size > 0) yield flush()
  if (!started && compression !== 'none')
    throw new ImageError('LAYER_CORRUPT', `layer is empty, not ${compression}`)
}

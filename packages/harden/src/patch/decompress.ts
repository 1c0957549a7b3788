import { pipeline, Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { HardenError } from '../errors.ts'
import { limitBytes } from './mirror/limit-bytes.ts'

/** How parts of packages and indexes are compressed. */
export type Compression = 'none' | 'gzip' | 'xz' | 'zstd'

const chunkSize = 256 * 1024

/** By the end of a file's name: `Packages.xz`, `data.tar.zst`; `undefined` for one that can't be read. */
export function compressionOf(name: string): Compression | undefined {
  const ending = /\.([a-z0-9]+)$/.exec(name)?.[1]
  if (ending === undefined || ending === 'tar') return 'none'
  return endings.get(ending)
}

const endings: ReadonlyMap<string, Compression> = new Map([
  ['gz', 'gzip'],
  ['xz', 'xz'],
  ['zst', 'zstd'],
])

/**
 * Uncompresses a stream, up to `maxBytes`. The source is read to its end, also what stands behind the compressed data.
 *
 * @throws {HardenError} `ARCHIVE_INVALID` when the bytes are not what `compression` says.
 * @throws {HardenError} `LIMIT_EXCEEDED` when it grows beyond `maxBytes`.
 */
export async function* decompress(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
  { maxBytes, name }: { readonly maxBytes: number; readonly name: string },
): AsyncGenerator<Uint8Array, void, undefined> {
  if (compression === 'none') {
    yield* limitBytes(source, maxBytes, name)
    return
  }
  const bytes = source[Symbol.asyncIterator]()
  let failure: { readonly error: unknown } | undefined
  async function* feed() {
    for (let next = await pull(); !next.done; next = await pull()) yield next.value
  }
  async function pull(): Promise<IteratorResult<Uint8Array, unknown>> {
    try {
      return await bytes.next()
    } catch (error) {
      failure ??= { error }
      throw error
    }
  }
  try {
    yield* limitBytes(await engineFor(compression, feed()), maxBytes, name)
    // An engine stops where its data ends. A source that vouches for its bytes does so at its own end.
    while (!(await pull()).done) continue
    // The end may have been read, and its failure with it, by the engine.
    if (failure !== undefined) throw failure.error
  } catch (error) {
    // What the source failed of, e.g. a wrong checksum, says more than that its end is missing.
    if (failure !== undefined) throw failure.error
    if (error instanceof HardenError) throw error
    throw new HardenError('ARCHIVE_INVALID', `${name}: no valid ${compression} data`, { cause: error })
  } finally {
    await bytes.return?.()
  }
}

async function engineFor(
  compression: 'gzip' | 'xz' | 'zstd',
  source: AsyncIterable<Uint8Array>,
): Promise<AsyncIterable<Uint8Array>> {
  if (compression === 'xz') {
    const { default: xz } = await import('xz-decompress')
    return new xz.XzReadableStream(ReadableStream.from(source))
  }
  const engine = compression === 'gzip' ? createGunzip({ chunkSize }) : createZstdDecompress({ chunkSize })
  // Errors reach who reads from the engine, which ends with the pipeline.
  return pipeline(Readable.from(source, { objectMode: false }), engine, () => {})
}

import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { OciError } from '../errors.ts'
import { reading, writing } from '../layout/file-failure.ts'
import { readChunks } from '../layout/read-chunks.ts'
import { invalidArchive } from './index-tar.ts'

/** The default of 16 KiB makes zlib three times slower. */
const chunkSize = 256 * 1024

/** How content is compressed, by its first bytes. */
export type Compression = 'none' | 'gzip' | 'zstd'

/** Tells by the first bytes how content is compressed. */
export function detectCompression(start: Uint8Array): Compression {
  const magic = Buffer.from(start.subarray(0, 4)).toString('hex')
  if (magic.startsWith('1f8b')) return 'gzip'
  return magic === '28b52ffd' ? 'zstd' : 'none'
}

/** A tar that can be read at any offset. */
export interface PlainTar extends AsyncDisposable {
  readonly file: FileHandle
}

/** Where and how far a compressed tar is unpacked. */
export interface PlainTarOptions {
  readonly temporaryDirectory?: string | undefined
  readonly maxBytes: number
  readonly signal: AbortSignal | undefined
}

/**
 * Opens a tar. A compressed one (gzip, zstd) is unpacked into a temporary file, which goes when it is disposed of:
 * a compressed stream can't be read at an offset.
 *
 * @throws {OciError} `LIMIT_EXCEEDED` when more than `maxBytes` come out of it.
 */
export async function openPlainTar(
  place: string,
  { temporaryDirectory = tmpdir(), maxBytes, signal }: PlainTarOptions,
): Promise<PlainTar> {
  // To open a pipe would wait for a writer.
  const file = await reading(place, () => open(place, constants.O_RDONLY | constants.O_NONBLOCK))
  let compression: Compression
  try {
    const stats = await reading(place, () => file.stat())
    if (!stats.isFile()) throw invalidArchive(place, 'it is not a plain file')
    const { buffer, bytesRead } = await reading(place, () => file.read(Buffer.alloc(4), 0, 4, 0))
    compression = detectCompression(buffer.subarray(0, bytesRead))
    if (compression === 'none') return { file, [Symbol.asyncDispose]: () => file.close() }
  } catch (error) {
    await file.close()
    throw error
  }

  const path = join(temporaryDirectory, `sallyport-${randomUUID()}.tar`)
  try {
    const unpacked = await writing(path, () => open(path, 'wx+', 0o600))
    const dispose = async (): Promise<void> => {
      await unpacked.close()
      await rm(path, { force: true })
    }
    try {
      const content = decompress(place, readChunks(place, file, 0, Infinity, signal), compression, maxBytes)
      for await (const chunk of content) await writing(path, () => unpacked.writeFile(chunk))
    } catch (error) {
      await dispose()
      throw error
    }
    return { file: unpacked, [Symbol.asyncDispose]: dispose }
  } finally {
    await file.close()
  }
}

/** The content of compressed chunks, up to `maxBytes`. */
export async function* decompress(
  place: string,
  chunks: AsyncIterable<Uint8Array>,
  compression: 'gzip' | 'zstd',
  maxBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const unpack = compression === 'gzip' ? createGunzip({ chunkSize }) : createZstdDecompress({ chunkSize })
  let failure: { readonly error: unknown } | undefined
  let fed = 0
  async function* feed(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const chunk of chunks) {
        fed += chunk.byteLength
        yield chunk
      }
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  // What goes wrong ends the reading below, too.
  const feeding = pipeline(feed, unpack).catch(() => {})
  let bytes = 0
  try {
    for await (const chunk of unpack as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength
      if (bytes > maxBytes) {
        throw new OciError('LIMIT_EXCEEDED', `${place}: more than ${maxBytes} bytes come out of it`, {
          reference: place,
        })
      }
      yield chunk
    }
    // Node's zstd decoder drops what follows a frame's end in the same chunk, and says nothing.
    if (unpack.bytesWritten !== fed)
      throw invalidArchive(place, `more follows the end of its ${compression} stream`)
  } catch (error) {
    if (failure !== undefined) throw failure.error
    if (error instanceof OciError) throw error
    throw invalidArchive(place, `its ${compression} stream is broken`, error)
  } finally {
    unpack.destroy()
    await feeding
  }
}

import { Readable } from 'node:stream'
import { callbackify } from 'node:util'
import { fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl'
import type { FileContent } from '../files/image-files.ts'
import { maxArchiveEntries } from './limits.ts'
import { quote } from './quote.ts'

const windowBytes = 64 * 1024

/** An entry of an archive that was asked for. */
export interface ArchiveEntry {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Options of {@link readArchive}. */
export interface ReadArchiveOptions {
  /** Largest unpacked size of all chosen entries together, in bytes. */
  readonly maxBytes: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads the entries of a zip archive that are chosen by their names. Sizes are held to what the archive says, and to
 * the limit.
 *
 * @throws {SyntaxError} when it is no zip archive, lies about sizes or has more than 100,000 entries, or when the chosen
 *   ones are encrypted or larger than `maxBytes`.
 */
export async function readArchive(
  content: FileContent,
  isWanted: (name: string) => boolean,
  { maxBytes, signal }: ReadArchiveOptions,
): Promise<readonly ArchiveEntry[]> {
  const reader = new ContentReader(content)
  try {
    const zip = await fromRandomAccessReaderPromise(reader, content.size, { autoClose: false })
    return await readEntries(zip, isWanted, { maxBytes, signal })
  } catch (error) {
    signal?.throwIfAborted()
    if (reader.failure !== undefined) throw reader.failure.reason
    if (error instanceof SyntaxError) throw error
    throw new SyntaxError(`not a sound zip archive: ${quote(error instanceof Error ? error.message : '')}`)
  }
}

async function readEntries(
  zip: ZipFile,
  isWanted: (name: string) => boolean,
  { maxBytes, signal }: ReadArchiveOptions,
): Promise<readonly ArchiveEntry[]> {
  const found: ArchiveEntry[] = []
  let seen = 0
  let left = maxBytes
  for await (const entry of zip.eachEntry()) {
    signal?.throwIfAborted()
    if (++seen > maxArchiveEntries)
      throw new SyntaxError(`an archive of more than ${maxArchiveEntries} entries`)
    if (!isWanted(entry.fileName)) continue
    if (entry.isEncrypted()) throw new SyntaxError(`${quote(entry.fileName)} is encrypted`)
    left -= entry.uncompressedSize
    if (left < 0)
      throw new SyntaxError(`${quote(entry.fileName)} and others are larger than ${maxBytes} bytes`)
    const parts: Uint8Array[] = []
    // What unpacks to another size than it says ends with an error.
    for await (const part of await zip.openReadStreamPromise(entry)) parts.push(part as Uint8Array)
    found.push({ name: entry.fileName, bytes: Buffer.concat(parts) })
  }
  return found
}

/** Reads in windows, because the directory of an archive is asked for in pieces of a few bytes. */
class ContentReader extends RandomAccessReader {
  readonly #content: FileContent
  #window: { readonly start: number; readonly bytes: Uint8Array } = { start: 0, bytes: new Uint8Array() }
  /** What went wrong with the image rather than with the archive. */
  failure: { readonly reason: unknown } | undefined

  constructor(content: FileContent) {
    super()
    this.#content = content
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    callbackify(async () => {
      const bytes = await this.#read(position, length)
      if (bytes.byteLength < length) throw new SyntaxError('it ends too early')
      buffer.set(bytes, offset)
    })(callback)
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#chunks(start, end), { objectMode: false })
  }

  async *#chunks(start: number, end: number): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end; at += windowBytes) {
      const bytes = await this.#read(at, Math.min(windowBytes, end - at))
      if (bytes.byteLength === 0) return
      yield bytes
    }
  }

  async #read(position: number, length: number): Promise<Uint8Array> {
    const { start, bytes } = this.#window
    if (position >= start && position + length <= start + bytes.byteLength) {
      return bytes.subarray(position - start, position - start + length)
    }
    // An archive may name any place.
    if (!(position >= 0 && position < this.#content.size)) return new Uint8Array()
    try {
      const read = await this.#content.read(position, Math.max(length, windowBytes))
      this.#window = { start: position, bytes: read }
      return read.subarray(0, length)
    } catch (reason) {
      this.failure ??= { reason }
      throw reason
    }
  }
}

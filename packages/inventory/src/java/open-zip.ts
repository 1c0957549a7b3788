import { Readable } from 'node:stream'
import { callbackify } from 'node:util'
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl'
import type { FileContent } from '../files/image-files.ts'
import { readChunks } from '../files/read-chunks.ts'
import { sliceContent } from '../program/read-fields.ts'

/** An entry of a zip file that is no folder. */
export interface ZipEntry {
  /** As it stands there; nothing is ever written by this name. */
  readonly name: string
  readonly packedBytes: number
  readonly bytes: number
  /**
   * Its content; held in memory, unless it is stored as it is.
   *
   * @throws {SyntaxError} when it is encrypted, broken or of another length than it says.
   */
  open(): Promise<FileContent>
}

const blockBytes = 256 * 1024
const endBytes = 22
const maxCommentBytes = 0xffff
const startSignature = 0x02014b50
const endSignature = 0x06054b50

/**
 * Walks through a zip file by its central directory, which is what counts for Java (APPNOTE.TXT, 4.3). Bytes before
 * the archive, such as a script that starts it, are passed over.
 *
 * @throws {SyntaxError} when it is none, or broken.
 */
export async function* zipEntries(
  whole: FileContent,
  signal?: AbortSignal,
): AsyncGenerator<ZipEntry, void, undefined> {
  const content = sliceContent(whole, await findStart(whole))
  const reader = new ContentReader(content, signal)
  let zip: ZipFile | undefined
  try {
    zip = await fromRandomAccessReaderPromise(reader, content.size, {
      autoClose: false,
      decodeStrings: false,
    })
    for await (const entry of zip.eachEntry()) {
      signal?.throwIfAborted()
      // The name is left as bytes; the types know only of text.
      const name = (entry.fileName as unknown as Buffer).toString('utf8')
      if (name.endsWith('/')) continue
      const opened = zip
      yield {
        name,
        packedBytes: entry.compressedSize,
        bytes: entry.uncompressedSize,
        open: () => openEntry(content, reader, opened, entry),
      }
    }
  } catch (error) {
    throw reader.explain(error)
  } finally {
    zip?.close()
  }
}

async function openEntry(
  content: FileContent,
  reader: ContentReader,
  zip: ZipFile,
  entry: Entry,
): Promise<FileContent> {
  if (entry.isEncrypted()) throw new SyntaxError('encrypted')
  if (!entry.canDecodeFileData()) throw new SyntaxError(`packed by method ${entry.compressionMethod}`)
  try {
    if (entry.compressionMethod === 0) {
      if (entry.compressedSize !== entry.uncompressedSize) throw new SyntaxError('of another length')
      const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true })
      return sliceContent(content, fileDataStart, fileDataStart + entry.compressedSize)
    }
    const parts: Buffer[] = []
    for await (const part of await zip.openReadStreamPromise(entry)) parts.push(part as Buffer)
    const bytes = Buffer.concat(parts)
    return { size: bytes.length, read: async (offset, length) => bytes.subarray(offset, offset + length) }
  } catch (error) {
    throw reader.explain(error)
  }
}

/** Where the archive begins: offsets in it may count from there. */
async function findStart(content: FileContent): Promise<number> {
  const tailAt = Math.max(0, content.size - endBytes - maxCommentBytes)
  const tail = Buffer.from(await content.read(tailAt, content.size - tailAt))
  for (let at = tail.length - endBytes; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== endSignature) continue
    const directoryBytes = tail.readUInt32LE(at + 12)
    const directoryAt = tail.readUInt32LE(at + 16)
    const start = tailAt + at - directoryBytes - directoryAt
    if (start <= 0 || directoryBytes === 0) return 0
    const first = Buffer.from(await content.read(start + directoryAt, 4))
    return first.length === 4 && first.readUInt32LE(0) === startSignature ? start : 0
  }
  return 0
}

/** What yauzl reads through. It asks for a few bytes at a time, so that one block is kept. */
class ContentReader extends RandomAccessReader {
  readonly #content: FileContent
  readonly #signal: AbortSignal | undefined
  #block: { readonly start: number; readonly bytes: Buffer } | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(content: FileContent, signal: AbortSignal | undefined) {
    super()
    this.#content = content
    this.#signal = signal
  }

  /** What is wrong with the zip file is a fault of the image's; what went wrong with reading it is not. */
  explain(error: unknown): unknown {
    this.#signal?.throwIfAborted()
    if (this.#failure) return this.#failure.error
    if (error instanceof SyntaxError) return error
    return new SyntaxError(`a broken zip file: ${error instanceof Error ? error.message.slice(0, 200) : ''}`)
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#chunks(start, end), { objectMode: false })
  }

  async *#chunks(start: number, end: number): AsyncGenerator<Uint8Array> {
    try {
      yield* readChunks(sliceContent(this.#content, start, end), this.#signal)
    } catch (error) {
      this.#failure = { error }
      throw error
    }
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    callbackify(() => this.#copy(buffer, offset, length, position))(callback)
  }

  async #copy(buffer: Buffer, offset: number, length: number, position: number): Promise<void> {
    let block = this.#block
    if (!block || position < block.start || position + length > block.start + block.bytes.length) {
      try {
        const bytes = await this.#content.read(position, Math.max(length, blockBytes))
        block = this.#block = {
          start: position,
          bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
        }
      } catch (error) {
        this.#failure = { error }
        throw error
      }
    }
    const from = position - block.start
    if (from + length > block.bytes.length) throw new SyntaxError('a zip file that ends too early')
    block.bytes.copy(buffer, offset, from, from + length)
  }
}

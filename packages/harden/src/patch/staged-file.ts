import { createWriteStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const readSize = 256 * 1024

/** A file in a folder of ours: a package, or what is in it. Opened for each read, as there may be many. */
export interface StagedFile {
  readonly size: number
  /** Reads bytes; fewer where the file ends. */
  readAt(offset: number, length: number): Promise<Uint8Array>
  /** Streams a range. */
  stream(offset: number, length: number): AsyncIterable<Uint8Array>
}

/** Writes a stream to a file, and gives it for reading. Throws what the stream throws. */
export async function stageFile(
  path: string,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<StagedFile> {
  const source = Readable.from(content, { objectMode: false })
  await pipeline(source, createWriteStream(path, { flags: 'wx', mode: 0o600 }), signal ? { signal } : {})
  const size = await withFile(path, async (file) => (await file.stat()).size)
  return {
    size,
    readAt: (offset, length) => withFile(path, (file) => readFully(file, offset, length)),
    async *stream(offset, length) {
      await using file = await open(path, 'r')
      for (let at = 0; at < length; at += readSize) {
        signal?.throwIfAborted()
        yield await readFully(file, offset + at, Math.min(readSize, length - at))
      }
    },
  }
}

async function withFile<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  await using file = await open(path, 'r')
  return await work(file)
}

async function readFully(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}

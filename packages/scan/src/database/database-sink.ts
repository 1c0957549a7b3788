import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { type Digest, toDigest } from '@sallyport/core'
import type { ByteSink } from './table-writer.ts'

const flushBytes = 1024 * 1024

/** Writes a new file from its first byte to its last, and knows its digest at the end. */
export class DatabaseSink implements ByteSink {
  position = 0
  readonly #file: FileHandle
  readonly #hash = createHash('sha256')
  #pending: Uint8Array[] = []
  #pendingBytes = 0

  private constructor(file: FileHandle) {
    this.#file = file
  }

  static async create(path: string): Promise<DatabaseSink> {
    return new DatabaseSink(await open(path, 'wx', 0o644))
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#pending.push(bytes)
    this.#pendingBytes += bytes.length
    this.position += bytes.length
    if (this.#pendingBytes >= flushBytes) await this.#flush()
  }

  /** Brings the file to the disk, and closes it. */
  async finish(): Promise<Digest> {
    await this.#flush()
    await this.#file.sync()
    await this.#file.close()
    return toDigest(this.#hash)
  }

  /** Closes the file as it is. */
  async abandon(): Promise<void> {
    await this.#file.close()
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pending, this.#pendingBytes)
    this.#pending = []
    this.#pendingBytes = 0
    this.#hash.update(bytes)
    for (let done = 0; done < bytes.length;) {
      done += (await this.#file.write(bytes, done, bytes.length - done)).bytesWritten
    }
  }
}

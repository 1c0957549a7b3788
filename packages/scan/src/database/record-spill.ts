import { createHash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'

const flushBytes = 1024 * 1024

/** Keeps texts in a file until they are sorted; in memory only where each is, and its hash. */
export class RecordSpill {
  readonly #path: string
  readonly #file: FileHandle
  #pending: Buffer[] = []
  #pendingBytes = 0
  #written = 0
  #hashes: Buffer = Buffer.alloc(32 * 1024)
  readonly #offsets: number[] = []
  readonly #lengths: number[] = []

  private constructor(path: string, file: FileHandle) {
    this.#path = path
    this.#file = file
  }

  /** Creates the file; its removal is up to {@link remove}. */
  static async create(path: string): Promise<RecordSpill> {
    return new RecordSpill(path, await open(path, 'wx+', 0o600))
  }

  get length(): number {
    return this.#offsets.length
  }

  /** Adds a text; with `keep: false` its hash alone. Returns its number. */
  async add(text: string, keep: boolean): Promise<number> {
    const number = this.#offsets.length
    const bytes = Buffer.from(text)
    if ((number + 1) * 32 > this.#hashes.length) {
      this.#hashes = Buffer.concat([this.#hashes, Buffer.alloc(this.#hashes.length)])
    }
    createHash('sha256')
      .update(bytes)
      .digest()
      .copy(this.#hashes, number * 32)
    this.#offsets.push(this.#written + this.#pendingBytes)
    this.#lengths.push(keep ? bytes.length : 0)
    if (keep) {
      this.#pending.push(bytes)
      this.#pendingBytes += bytes.length
      if (this.#pendingBytes >= flushBytes) await this.flush()
    }
    return number
  }

  /** The sha256 of a text. */
  hash(number: number): Buffer {
    return this.#hashes.subarray(number * 32, number * 32 + 32)
  }

  compareHashes(a: number, b: number): number {
    return this.#hashes.compare(this.#hashes, b * 32, b * 32 + 32, a * 32, a * 32 + 32)
  }

  /** Must be called between the last {@link add} and the first {@link read}. */
  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pending, this.#pendingBytes)
    this.#pending = []
    this.#pendingBytes = 0
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#written + done)
      done += bytesWritten
    }
    this.#written += bytes.length
  }

  async read(number: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(this.#lengths[number] ?? 0)
    const offset = this.#offsets[number] ?? 0
    for (let filled = 0; filled < buffer.length;) {
      const { bytesRead } = await this.#file.read(buffer, filled, buffer.length - filled, offset + filled)
      if (bytesRead === 0) throw new Error(`${this.#path} was cut while it was in use`)
      filled += bytesRead
    }
    return buffer
  }

  async remove(): Promise<void> {
    await this.#file.close()
    await rm(this.#path, { force: true })
  }
}

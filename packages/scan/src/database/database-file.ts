import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { ScanError } from '../errors.ts'

/** A file that is read by position. Nothing is kept: the system's page cache serves all processes alike. */
export class DatabaseFile {
  readonly path: string
  readonly size: number
  #descriptor: number | undefined

  /** @throws {ScanError} `DATA_UNAVAILABLE` when the file can't be opened, or is no regular file. */
  constructor(path: string) {
    this.path = path
    try {
      this.#descriptor = openSync(path, 'r')
    } catch (cause) {
      throw unreadable(path, cause)
    }
    const status = fstatSync(this.#descriptor)
    this.size = status.size
    if (!status.isFile()) {
      this.close()
      throw new ScanError('DATA_UNAVAILABLE', `${path}: no regular file; give the path of a database`)
    }
  }

  /**
   * Reads exactly `length` bytes.
   *
   * @throws {ScanError} `DATABASE_INVALID` when the file has no such bytes.
   * @throws {ScanError} `DATA_UNAVAILABLE` when it can't be read, or was closed.
   */
  read(offset: number, length: number, what: string): Buffer {
    if (this.#descriptor === undefined) throw new ScanError('DATA_UNAVAILABLE', `${this.path}: is closed`)
    if (
      !Number.isSafeInteger(offset) ||
      !Number.isSafeInteger(length) ||
      offset < 0 ||
      length < 0 ||
      offset + length > this.size
    ) {
      throw this.invalid(`${what} at byte ${offset}`, `${length} bytes expected, the file has ${this.size}`)
    }
    const buffer = Buffer.allocUnsafe(length)
    for (let filled = 0; filled < length;) {
      let count: number
      try {
        count = readSync(this.#descriptor, buffer, filled, length - filled, offset + filled)
      } catch (cause) {
        throw unreadable(this.path, cause)
      }
      if (count === 0) throw this.invalid(`${what} at byte ${offset}`, 'the file ends before it')
      filled += count
    }
    return buffer
  }

  /** The error for a part of the file that is not what it must be. */
  invalid(what: string, why: string, cause?: unknown): ScanError {
    return new ScanError(
      'DATABASE_INVALID',
      `${this.path}: ${what}: ${why}; build the database again, or pull it`,
      { cause },
    )
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }
}

function unreadable(path: string, cause: unknown): ScanError {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause)
  return new ScanError('DATA_UNAVAILABLE', `${path}: cannot be read (${code})`, { cause })
}

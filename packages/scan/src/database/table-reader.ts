import { crc32, inflateRawSync } from 'node:zlib'
import type { DatabaseFile } from './database-file.ts'
import type { TableExtent, TableName } from './database-meta.ts'
import { type DecodedBlock, decodeBlock, findInBlock, indexEntryBytes, maxBlockBytes } from './table-block.ts'

/** Turns the bytes of a value into what they mean; throws what `invalid` makes when they mean nothing. */
export type DecodeValue<T> = (value: Buffer, invalid: (why: string) => Error) => T

interface CachedBlock<T> extends DecodedBlock {
  /** Values decoded so far, by position. */
  readonly values: (T | undefined)[]
}

/** Options of {@link TableReader}. */
export interface TableReaderOptions<T> {
  readonly decode: DecodeValue<T>
  /** How many blocks are kept, with the values read from them. */
  readonly keepBlocks: number
}

/** Looks keys up in one table of a database. Its index is read at the first look-up, a block when it is needed. */
export class TableReader<T> {
  readonly name: TableName
  readonly extent: TableExtent
  readonly #file: DatabaseFile
  readonly #options: TableReaderOptions<T>
  readonly #cache = new Map<number, CachedBlock<T>>()
  #index: Buffer | undefined

  constructor(file: DatabaseFile, name: TableName, extent: TableExtent, options: TableReaderOptions<T>) {
    this.#file = file
    this.name = name
    this.extent = extent
    this.#options = options
  }

  /** @throws {ScanError} `DATABASE_INVALID` when the bytes that are read are not what they must be. */
  get(key: Buffer): T | undefined {
    const number = this.#findBlock(key)
    if (number < 0) return undefined
    const block = this.#block(number)
    const position = findInBlock(block, key)
    return position < 0 ? undefined : this.#value(block, number, position)
  }

  /**
   * Reads everything in order, and checks that it is in order.
   *
   * @throws {ScanError} `DATABASE_INVALID`
   */
  *entries(): Generator<{ readonly key: Buffer; readonly value: T }> {
    let previous: Buffer | undefined
    let entries = 0
    let next = 0
    for (let number = 0; number < this.extent.blocks; number++) {
      const block = this.#block(number)
      const { offset, length } = this.#describe(number)
      if (offset !== next) throw this.#invalid(number, `starts at ${offset} of the table, expected ${next}`)
      next = offset + length
      const count = block.bounds.length / 3
      for (let position = 0; position < count; position++, entries++) {
        const key = block.bytes.subarray(block.bounds[position * 3], block.bounds[position * 3 + 1])
        if (position === 0 && !key.equals(this.#firstKey(number))) {
          throw this.#invalid(number, 'its first key is not that of the index')
        }
        if (previous !== undefined && Buffer.compare(previous, key) >= 0) {
          throw this.#invalid(number, 'its keys are not in order')
        }
        previous = key
        yield { key, value: this.#value(block, number, position) }
      }
    }
    if (next !== this.extent.bytes || entries !== this.extent.entries) {
      throw this.#file.invalid(
        `table ${this.name}`,
        `${entries} entries in ${next} bytes, expected ${this.extent.entries} in ${this.extent.bytes}`,
      )
    }
  }

  #value(block: CachedBlock<T>, number: number, position: number): T {
    const known = block.values[position]
    if (known !== undefined) return known
    const bytes = block.bytes.subarray(block.bounds[position * 3 + 1], block.bounds[position * 3 + 2])
    const value = this.#options.decode(bytes, (why) => this.#invalid(number, why))
    block.values[position] = value
    return value
  }

  /** The last block whose first key is not above `key`, or -1. */
  #findBlock(key: Buffer): number {
    let low = 0
    let high = this.extent.blocks - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      if (Buffer.compare(this.#firstKey(middle), key) <= 0) low = middle + 1
      else high = middle - 1
    }
    return high
  }

  #firstKey(number: number): Buffer {
    const index = this.#readIndex()
    const heap = this.extent.blocks * indexEntryBytes
    const start = number === 0 ? 0 : index.readUInt32LE((number - 1) * indexEntryBytes + 20)
    const end = index.readUInt32LE(number * indexEntryBytes + 20)
    if (start > end || heap + end > index.length) throw this.#invalid(number, 'its key lies outside')
    return index.subarray(heap + start, heap + end)
  }

  #describe(number: number): { offset: number; length: number; rawLength: number; crc: number } {
    const index = this.#readIndex()
    const start = number * indexEntryBytes
    const offset = index.readDoubleLE(start)
    const length = index.readUInt32LE(start + 8)
    const rawLength = index.readUInt32LE(start + 12)
    if (!Number.isSafeInteger(offset) || offset < 0 || offset + length > this.extent.bytes) {
      throw this.#invalid(number, 'it lies outside of the table')
    }
    if (rawLength > maxBlockBytes || length > rawLength || rawLength === 0) {
      throw this.#invalid(number, `${length} bytes for ${rawLength}, at most ${maxBlockBytes} allowed`)
    }
    return { offset, length, rawLength, crc: index.readUInt32LE(start + 16) }
  }

  #readIndex(): Buffer {
    if (this.#index !== undefined) return this.#index
    const { offset, bytes, indexBytes, indexCrc, blocks, entries } = this.extent
    const what = `index of table ${this.name} at byte ${offset + bytes}`
    if (indexBytes < blocks * indexEntryBytes) throw this.#file.invalid(what, 'shorter than its entries')
    if (blocks === 0 && (bytes > 0 || entries > 0)) throw this.#file.invalid(what, 'names no block')
    const index = this.#file.read(offset + bytes, indexBytes, `index of table ${this.name}`)
    if (crc32(index) !== indexCrc) throw this.#file.invalid(what, 'the checksum differs')
    this.#index = index
    return index
  }

  #block(number: number): CachedBlock<T> {
    const cached = this.#cache.get(number)
    if (cached !== undefined) {
      // a Map keeps the order of insertion: the one unused for longest is the first
      this.#cache.delete(number)
      this.#cache.set(number, cached)
      return cached
    }
    const { offset, length, rawLength, crc } = this.#describe(number)
    const stored = this.#file.read(this.extent.offset + offset, length, `block ${number} of ${this.name}`)
    if (crc32(stored) !== crc) throw this.#invalid(number, 'the checksum differs')
    const decoded = decodeBlock(length === rawLength ? stored : this.#inflate(stored, number, rawLength))
    if (decoded === undefined) throw this.#invalid(number, 'it is not made of entries')
    const block: CachedBlock<T> = { ...decoded, values: [] }
    this.#cache.set(number, block)
    if (this.#cache.size > this.#options.keepBlocks) {
      for (const oldest of this.#cache.keys()) {
        this.#cache.delete(oldest)
        break
      }
    }
    return block
  }

  #inflate(stored: Buffer, number: number, rawLength: number): Buffer {
    let raw: Buffer
    try {
      raw = inflateRawSync(stored, { maxOutputLength: rawLength, chunkSize: Math.max(64, rawLength) })
    } catch (cause) {
      throw this.#invalid(number, 'cannot be decompressed', cause)
    }
    if (raw.length !== rawLength) throw this.#invalid(number, `${raw.length} bytes, expected ${rawLength}`)
    return raw
  }

  #invalid(number: number, why: string, cause?: unknown): Error {
    return this.#file.invalid(`block ${number} of table ${this.name}`, why, cause)
  }
}

import { constants, crc32, deflateRawSync } from 'node:zlib'
import type { TableExtent } from './database-meta.ts'
import { encodeLength, indexEntryBytes } from './table-block.ts'

/** Where the bytes of a table go. */
export interface ByteSink {
  /** How many bytes were written so far. */
  readonly position: number
  append(bytes: Uint8Array): Promise<void>
}

/** How {@link TableWriter} packs. */
export interface TableWriterOptions {
  /** A block is closed when it holds this many bytes. */
  readonly blockBytes: number
  /** `false`: blocks stay as they are, for tables whose look-ups must be quick. Default `true`. */
  readonly compress?: boolean | undefined
}

/** Writes entries, given in the order of their keys (bytewise, each once), as a table. */
export class TableWriter {
  readonly #sink: ByteSink
  readonly #options: TableWriterOptions
  readonly #offset: number
  readonly #index: Buffer[] = []
  readonly #firstKeys: Uint8Array[] = []
  #firstKeyBytes = 0
  #entries = 0
  #pending: Uint8Array[] = []
  #pendingBytes = 0

  constructor(sink: ByteSink, options: TableWriterOptions) {
    this.#sink = sink
    this.#options = options
    this.#offset = sink.position
  }

  async add(key: Buffer, value: Buffer): Promise<void> {
    if (this.#pendingBytes === 0) {
      // a copy of its own: a small Buffer would hold on to the pool that it was cut from
      this.#firstKeys.push(new Uint8Array(key))
      this.#firstKeyBytes += key.length
    }
    const lengths = Uint8Array.from([...encodeLength(key.length), ...encodeLength(value.length)])
    this.#pending.push(lengths, key, value)
    this.#pendingBytes += lengths.length + key.length + value.length
    this.#entries++
    if (this.#pendingBytes >= this.#options.blockBytes) await this.#flush()
  }

  async finish(): Promise<TableExtent> {
    await this.#flush()
    const bytes = this.#sink.position - this.#offset
    const index = Buffer.concat([...this.#index, ...this.#firstKeys])
    await this.#sink.append(index)
    return {
      entries: this.#entries,
      blocks: this.#index.length,
      offset: this.#offset,
      bytes,
      indexBytes: index.length,
      indexCrc: crc32(index),
    }
  }

  async #flush(): Promise<void> {
    if (this.#pendingBytes === 0) return
    const raw = Buffer.concat(this.#pending, this.#pendingBytes)
    const packed =
      this.#options.compress === false ? raw : deflateRawSync(raw, { level: constants.Z_BEST_COMPRESSION })
    const stored = packed.length < raw.length ? packed : raw
    const entry = Buffer.alloc(indexEntryBytes)
    entry.writeDoubleLE(this.#sink.position - this.#offset, 0)
    entry.writeUInt32LE(stored.length, 8)
    entry.writeUInt32LE(raw.length, 12)
    entry.writeUInt32LE(crc32(stored), 16)
    entry.writeUInt32LE(this.#firstKeyBytes, 20)
    this.#index.push(entry)
    this.#pending = []
    this.#pendingBytes = 0
    await this.#sink.append(stored)
  }
}

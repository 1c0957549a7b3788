import { ImageError } from '../errors.ts'
import { type HeaderBlock, isZeroBlock, parseHeaderBlock } from './parse-header.ts'
import { parsePaxRecords } from './parse-pax.ts'
import { resolveHeader } from './resolve-header.ts'
import { blockSize, paddedSize, type TarEntry } from './tar-header.ts'
import { defaultTarLimits, type TarLimits } from './tar-limits.ts'

/** What a {@link TarScanner} tells as it goes. */
export interface TarHandler {
  onEntry(entry: TarEntry): void
  /** A piece of the last entry's content, a view of the pushed chunk. */
  onData?(chunk: Uint8Array): void
  /** A global PAX header, which changes what follows it. */
  onGlobal?(records: ReadonlyMap<string, Uint8Array>, offset: number): void
}

type State = 'header' | 'extension' | 'data' | 'padding' | 'end'

/**
 * A tar reader that is fed chunks of any size and holds no content. It reads ustar, GNU and PAX and is strict: a
 * wrong checksum, a malformed number or a cut archive is an error, never skipped.
 */
export class TarScanner {
  /** Whether bytes that no reader shows were seen: in padding, or after the end. */
  hiddenBytes = false
  /** Whether the two zero blocks at the end were seen. */
  ended = false
  /** Position of the end of the last entry, with its padding. */
  contentEnd = 0

  readonly #handler: TarHandler
  readonly #limits: typeof defaultTarLimits
  readonly #block: Buffer = Buffer.alloc(blockSize)
  #state: State = 'header'
  #filled = 0
  #offset = 0
  #remaining = 0
  #padding = 0
  #zeroBlocks = 0
  #entries = 0
  #metadataBytes = 0
  #entryOffset: number | undefined
  #extension: { flag: string; body: Buffer; filled: number; offset: number } | undefined
  #pax: ReadonlyMap<string, Uint8Array> | undefined
  #globalPax: ReadonlyMap<string, Uint8Array> = new Map()
  #longName: Uint8Array | undefined
  #longLink: Uint8Array | undefined

  constructor(handler: TarHandler, limits: TarLimits = {}) {
    this.#handler = handler
    this.#limits = {
      maxEntries: limits.maxEntries ?? defaultTarLimits.maxEntries,
      maxPaxBytes: limits.maxPaxBytes ?? defaultTarLimits.maxPaxBytes,
      maxPathBytes: limits.maxPathBytes ?? defaultTarLimits.maxPathBytes,
      maxMetadataBytes: limits.maxMetadataBytes ?? defaultTarLimits.maxMetadataBytes,
    }
  }

  /**
   * Takes the next bytes of the archive.
   *
   * @throws {ImageError} `TAR_INVALID`, `TAR_UNSUPPORTED`, `LIMIT_EXCEEDED`; the scanner is of no use afterwards.
   */
  push(chunk: Uint8Array): void {
    let position = 0
    while (position < chunk.length) {
      const rest = chunk.subarray(position)
      const taken = this.#take(rest)
      position += taken
      this.#offset += taken
      this.#advance()
    }
  }

  /**
   * Says that no more bytes come.
   *
   * @throws {ImageError} `TAR_INVALID` when the archive stops inside an entry.
   */
  end(): void {
    const inside = this.#state !== 'header' && this.#state !== 'end'
    if (inside || (this.#state === 'header' && this.#filled > 0) || this.#hasExtension()) {
      throw new ImageError('TAR_INVALID', `tar ends inside an entry at byte ${this.#offset}`, {
        offset: this.#offset,
      })
    }
  }

  #take(rest: Uint8Array): number {
    switch (this.#state) {
      case 'header': {
        const taken = Math.min(blockSize - this.#filled, rest.length)
        this.#block.set(rest.subarray(0, taken), this.#filled)
        this.#filled += taken
        return taken
      }
      case 'extension': {
        const extension = this.#extension
        const taken = Math.min(this.#remaining, rest.length)
        extension?.body.set(rest.subarray(0, taken), extension.filled)
        if (extension !== undefined) extension.filled += taken
        this.#remaining -= taken
        return taken
      }
      case 'data': {
        const taken = Math.min(this.#remaining, rest.length)
        if (taken > 0) this.#handler.onData?.(taken === rest.length ? rest : rest.subarray(0, taken))
        this.#remaining -= taken
        return taken
      }
      case 'padding': {
        const taken = Math.min(this.#padding, rest.length)
        this.#padding -= taken
        if (!this.hiddenBytes && !isZeroBlock(rest.subarray(0, taken))) this.hiddenBytes = true
        return taken
      }
      case 'end':
        if (!this.hiddenBytes && !isZeroBlock(rest)) this.hiddenBytes = true
        return rest.length
    }
  }

  /** Moves on when the current part is complete; several parts may be empty. */
  #advance(): void {
    if (this.#state === 'header' && this.#filled === blockSize) {
      this.#filled = 0
      this.#header(this.#offset - blockSize)
    }
    if (this.#state === 'extension' && this.#remaining === 0) {
      this.#endExtension()
      this.#state = 'padding'
    }
    if (this.#state === 'data' && this.#remaining === 0) this.#state = 'padding'
    if (this.#state === 'padding' && this.#padding === 0) {
      this.#state = 'header'
      if (!this.#hasExtension()) this.contentEnd = this.#offset
    }
  }

  #header(offset: number): void {
    if (isZeroBlock(this.#block)) {
      if (this.#hasExtension()) throw invalid('an extension header without an entry', offset)
      this.#zeroBlocks += 1
      if (this.#zeroBlocks === 2) {
        this.#state = 'end'
        this.ended = true
      }
      return
    }
    if (this.#zeroBlocks > 0) throw invalid('an entry after a zero block', offset)
    const block = parseHeaderBlock(this.#block, offset)
    this.#entryOffset ??= offset
    if ('xgLK'.includes(block.typeFlag)) this.#startExtension(block, offset)
    else this.#startEntry(block, offset)
  }

  #startExtension(block: HeaderBlock, offset: number): void {
    if (block.size > this.#limits.maxPaxBytes) {
      throw new ImageError(
        'LIMIT_EXCEEDED',
        `tar header at byte ${offset}: extension of ${block.size} bytes`,
        {
          offset,
        },
      )
    }
    if (block.typeFlag === 'g' && this.#entryOffset !== offset)
      throw invalid('a global header inside an entry', offset)
    this.#count(block.size, offset)
    this.#extension = { flag: block.typeFlag, body: Buffer.alloc(block.size), filled: 0, offset }
    this.#remaining = block.size
    this.#padding = paddedSize(block.size) - block.size
    this.#state = 'extension'
  }

  #endExtension(): void {
    const extension = this.#extension
    if (extension === undefined) return
    const { flag, body, offset } = extension
    this.#extension = undefined
    switch (flag) {
      case 'x':
        if (this.#pax !== undefined) throw invalid('two PAX headers for one entry', offset)
        this.#pax = parsePaxRecords(body, offset)
        return
      case 'g': {
        const records = parsePaxRecords(body, offset)
        this.#globalPax = new Map([...this.#globalPax, ...records])
        this.#entryOffset = undefined
        this.#handler.onGlobal?.(records, offset)
        return
      }
      case 'L':
        if (this.#longName !== undefined) throw invalid('two GNU long names for one entry', offset)
        this.#longName = longText(body, offset)
        return
      default:
        if (this.#longLink !== undefined) throw invalid('two GNU long links for one entry', offset)
        this.#longLink = longText(body, offset)
    }
  }

  #startEntry(block: HeaderBlock, offset: number): void {
    const header = resolveHeader(
      block,
      {
        pax: this.#pax ?? noRecords,
        globalPax: this.#globalPax,
        longName: this.#longName,
        longLink: this.#longLink,
      },
      offset,
      this.#limits.maxPathBytes,
    )
    this.#count(header.path.length + header.linkPath.length, offset)
    const entry: TarEntry = { ...header, offset: this.#entryOffset ?? offset, dataOffset: offset + blockSize }
    this.#pax = this.#longName = this.#longLink = this.#entryOffset = undefined
    this.#remaining = header.size
    this.#padding = paddedSize(header.size) - header.size
    this.#state = 'data'
    this.#handler.onEntry(entry)
  }

  #count(metadataBytes: number, offset: number): void {
    this.#entries += 1
    this.#metadataBytes += metadataBytes
    const { maxEntries, maxMetadataBytes } = this.#limits
    if (this.#entries > maxEntries || this.#metadataBytes > maxMetadataBytes) {
      const limit =
        this.#entries > maxEntries ? `${maxEntries} entries` : `${maxMetadataBytes} bytes of names`
      throw new ImageError('LIMIT_EXCEEDED', `tar has more than ${limit}`, { offset })
    }
  }

  #hasExtension(): boolean {
    return this.#pax !== undefined || this.#longName !== undefined || this.#longLink !== undefined
  }
}

const noRecords: ReadonlyMap<string, Uint8Array> = new Map()

/** A long name up to its NUL. Some readers take an empty one, others the name in the header, so that it is refused. */
function longText(body: Uint8Array, offset: number): Uint8Array {
  const end = body.indexOf(0)
  const text = end === -1 ? body : body.subarray(0, end)
  if (text.length === 0) throw invalid('an empty GNU long name or link', offset)
  return text
}

function invalid(what: string, offset: number): ImageError {
  return new ImageError('TAR_INVALID', `tar at byte ${offset}: ${what}`, { offset })
}

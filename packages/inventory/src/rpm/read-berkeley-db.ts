import { maxRpmHeaderBytes } from '../internal/limits.ts'
import type { PageReader } from './page-reader.ts'
import type { RpmRecord } from './rpm-database.ts'

const magic = 0x061561
/** `DBMETA_CHKSUM`: pages begin with a longer head; rpm never asks for it. */
const checksumFlag = 1
const pageHeadBytes = 26

/** Kinds of pages, and of items on a hash page (Berkeley DB 5.3, `dbinc/db_page.h`). */
const kinds = { free: 0, hashUnsorted: 2, overflow: 7, metadata: 8, hash: 13 }
const items = { inline: 1, overflow: 3 }

interface Layout {
  readonly pageBytes: number
  readonly lastPage: number
  readonly littleEndian: boolean
}

/** Whether this is the start of a hash database of Berkeley DB, of either byte order. */
export function isBerkeleyDb(start: Uint8Array): boolean {
  return start.byteLength >= 72 && [true, false].some((order) => viewOf(start).getUint32(12, order) === magic)
}

/**
 * Reads the values of `Packages` in the format of Berkeley DB: pages with pairs of key and value, of which large ones
 * lie in chains of overflow pages. No page is taken twice, so that a chain ends.
 *
 * @throws {SyntaxError} when the first page is wrong, or a page of pairs can't be read.
 */
export async function* readBerkeleyDb(pages: PageReader, signal?: AbortSignal): AsyncGenerator<RpmRecord> {
  const layout = parseMetadata(await pages.read(0, 512), pages.size)
  const used = new Set<number>()
  for (let number = 1; number <= layout.lastPage; number++) {
    signal?.throwIfAborted()
    const page = await pages.read(number * layout.pageBytes, layout.pageBytes)
    const kind = page[25]!
    if (kind === kinds.hash || kind === kinds.hashUnsorted) {
      for (const item of valuesOf(page, number, layout)) {
        if (item === undefined) continue
        yield 'first' in item ? await readChain(pages, item, layout, used) : item
      }
    } else if (kind !== kinds.free && kind !== kinds.overflow && kind !== kinds.metadata) {
      yield { problem: `page ${number} is of kind ${kind}, which no hash database has` }
    }
  }
}

function parseMetadata(page: Uint8Array, size: number): Layout {
  const view = viewOf(page)
  const littleEndian = view.getUint32(12, true) === magic
  const pageBytes = view.getUint32(20, littleEndian)
  const lastPage = view.getUint32(32, littleEndian)
  if (view.getUint32(12, littleEndian) !== magic || page[25] !== kinds.metadata) {
    throw new SyntaxError('not a hash database of Berkeley DB')
  }
  if (page[24] !== 0) throw new SyntaxError('an encrypted database')
  if ((page[26]! & checksumFlag) !== 0) throw new SyntaxError('a database with checksums in its pages')
  if (pageBytes < 512 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0) {
    throw new SyntaxError(`pages of ${pageBytes} bytes`)
  }
  if ((lastPage + 1) * pageBytes > size) {
    throw new SyntaxError(`cut: ${size} bytes, and ${lastPage + 1} pages of ${pageBytes} bytes are announced`)
  }
  return { pageBytes, lastPage, littleEndian }
}

interface Chain {
  /** The key of the value. */
  readonly number: number
  readonly first: number
  readonly length: number
}

/** The values of a page of pairs; each item ends where the one before it begins, the first at the end of the page. */
function* valuesOf(
  page: Uint8Array,
  number: number,
  layout: Layout,
): Generator<RpmRecord | Chain | undefined> {
  const { pageBytes, littleEndian } = layout
  const view = viewOf(page)
  const count = view.getUint16(20, littleEndian)
  if (count % 2 !== 0 || pageHeadBytes + count * 2 > pageBytes) {
    throw new SyntaxError(`page ${number} claims ${count} items`)
  }
  let end = pageBytes
  let key = 0
  for (let index = 0; index < count; index++) {
    const start = view.getUint16(pageHeadBytes + index * 2, littleEndian)
    if (start < pageHeadBytes + count * 2 || start >= end) {
      yield { problem: `page ${number}: items from ${index} on lie outside the page, or in each other` }
      return
    }
    const item = page.subarray(start, end)
    if (index % 2 === 0) key = toKey(item, littleEndian)
    else yield toValue(item, number, key, littleEndian)
    end = start
  }
}

/** The number of a package; 0, which none has, for what is no number. */
function toKey(item: Uint8Array, littleEndian: boolean): number {
  return item[0] === items.inline && item.byteLength === 5 ? viewOf(item).getUint32(1, littleEndian) : 0
}

function toValue(
  item: Uint8Array,
  number: number,
  key: number,
  littleEndian: boolean,
): RpmRecord | Chain | undefined {
  const view = viewOf(item)
  if (item[0] === items.overflow && item.byteLength >= 12) {
    return {
      number: key,
      first: view.getUint32(4, littleEndian),
      length: view.getUint32(8, littleEndian),
    }
  }
  if (item[0] !== items.inline) return { problem: `page ${number}: a value of kind ${item[0]}` }
  // The highest number of a package so far is a record too, of four bytes under the key 0.
  return item.byteLength > 9 ? { number: key, header: item.slice(1) } : undefined
}

async function readChain(
  pages: PageReader,
  { number: key, first, length }: Chain,
  { pageBytes, lastPage, littleEndian }: Layout,
  used: Set<number>,
): Promise<RpmRecord> {
  if (length > maxRpmHeaderBytes) return { problem: `page ${first}: a header of ${length} bytes` }
  // Not made at its announced size: a short chain may announce much.
  const parts: Uint8Array[] = []
  let filled = 0
  for (let number = first; number !== 0;) {
    if (number > lastPage || used.has(number)) {
      return { problem: `page ${number} is used twice or does not exist, in the chain from page ${first}` }
    }
    used.add(number)
    const page = await pages.read(number * pageBytes, pageBytes)
    const view = viewOf(page)
    const bytes = view.getUint16(22, littleEndian)
    if (page[25] !== kinds.overflow || bytes > pageBytes - pageHeadBytes || filled + bytes > length) {
      return { problem: `page ${number} is no part of a chain of ${length} bytes from page ${first}` }
    }
    parts.push(page.slice(pageHeadBytes, pageHeadBytes + bytes))
    filled += bytes
    number = view.getUint32(16, littleEndian)
  }
  if (filled !== length) return { problem: `${filled} of ${length} bytes in the chain from page ${first}` }
  return { number: key, header: Buffer.concat(parts) }
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  new DataView(buffer, byteOffset, byteLength)

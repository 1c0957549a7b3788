import type { RecordEdit } from './record-edit.ts'

const pageHeadBytes = 26
const magic = 0x061561
/** Kinds of pages and of items (Berkeley DB 5.3, `dbinc/db_page.h`). */
const kinds = { free: 0, hashUnsorted: 2, overflow: 7, hash: 13 }
const items = { inline: 1, overflow: 3 }

/**
 * Edits a `Packages` of Berkeley DB in place, as its own library deletes: pairs leave their pages, overflow chains and
 * emptied pages of chains of a bucket join the list of free pages, and all that is freed is zeroed.
 *
 * @throws {SyntaxError} when a page is of a kind that rpm's databases do not have.
 */
export function editBerkeleyDb(database: Uint8Array, { remove, replace }: RecordEdit): Uint8Array {
  const file = Buffer.from(database)
  if (file.byteLength < 512) throw new SyntaxError('not a hash database of Berkeley DB')
  const littleEndian = file.readUInt32LE(12) === magic
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const get32 = (at: number) => view.getUint32(at, littleEndian)
  const set32 = (at: number, value: number) => view.setUint32(at, value, littleEndian)
  const get16 = (at: number) => view.getUint16(at, littleEndian)
  const set16 = (at: number, value: number) => view.setUint16(at, value & 0xffff, littleEndian)
  const pageBytes = get32(20)
  const lastPage = get32(32)
  const startOf = (number: number) => {
    if (number === 0 || number > lastPage) throw new SyntaxError(`there is no page ${number}`)
    return number * pageBytes
  }
  const kindOf = (page: number) => file[page + 25]!
  const isPairs = (page: number) => kindOf(page) === kinds.hash || kindOf(page) === kinds.hashUnsorted
  let removed = 0

  for (let number = 1; number <= lastPage; number++) {
    if (isPairs(startOf(number))) editPairs(startOf(number))
  }
  for (let number = 1; number <= lastPage; number++) {
    const page = startOf(number)
    if (isPairs(page) && get32(page + 12) === 0) closeChain(number)
  }
  // How many pairs there are; the library uses it to split buckets.
  if (removed > 0) set32(88, Math.max(0, get32(88) - removed))
  return file

  function editPairs(page: number): void {
    const kept: Buffer[] = []
    const count = get16(page + 20)
    let end = pageBytes
    let changed = false
    let key = Buffer.alloc(0)
    for (let index = 0; index < count; index++) {
      const start = get16(page + pageHeadBytes + index * 2)
      const item = Buffer.from(file.subarray(page + start, page + end))
      end = start
      if (index % 2 === 0) {
        key = item
        continue
      }
      const id = numberOf(key)
      const header = replace.get(id)
      if (remove.has(id)) {
        if (item[0] === items.overflow) editChain(chainOf(item), undefined)
        removed++
        changed = true
        continue
      }
      if (header) {
        if (item[0] === items.overflow) editChain(chainOf(item), header)
        else item.set(header, 1)
        changed = true
      }
      kept.push(key, item)
    }
    if (changed) writePairs(page, kept)
  }

  function numberOf(key: Buffer): number {
    if (key[0] !== items.inline || key.byteLength !== 5) throw new SyntaxError('a key that is no number')
    return littleEndian ? key.readUInt32LE(1) : key.readUInt32BE(1)
  }

  function chainOf(item: Buffer): number {
    return littleEndian ? item.readUInt32LE(4) : item.readUInt32BE(4)
  }

  function writePairs(page: number, kept: readonly Buffer[]): void {
    file.fill(0, page + pageHeadBytes, page + pageBytes)
    let end = pageBytes
    kept.forEach((item, index) => {
      end -= item.byteLength
      file.set(item, page + end)
      set16(page + pageHeadBytes + index * 2, end)
    })
    set16(page + 20, kept.length)
    set16(page + 22, end)
  }

  /** Writes a value over another of its length, or frees the pages of a value. */
  function editChain(first: number, value: Uint8Array | undefined): void {
    let at = 0
    for (let number = first; number !== 0;) {
      const page = startOf(number)
      // A page that is free already ends a loop.
      if (kindOf(page) !== kinds.overflow || get16(page + 20) !== 1) {
        throw new SyntaxError(`page ${number} does not belong to one value alone`)
      }
      const next = get32(page + 16)
      const bytes = get16(page + 22)
      if (value) file.set(value.subarray(at, at + bytes), page + pageHeadBytes)
      else free(number)
      at += bytes
      if (at > file.byteLength) throw new SyntaxError(`a chain from page ${first} that does not end`)
      number = next
    }
  }

  function free(number: number): void {
    const page = startOf(number)
    // The log sequence number and the page's own number stay.
    file.fill(0, page + 12, page + pageBytes)
    set32(page + 16, get32(28))
    set16(page + 22, pageBytes)
    file[page + 25] = kinds.free
    set32(28, number)
  }

  /** Takes the empty pages out of a bucket's chain; its first page is the bucket and stays, with what the next one has. */
  function closeChain(first: number): void {
    const bucket = startOf(first)
    const seen = new Set<number>([first])
    const filled: number[] = []
    const empty: number[] = []
    for (let number = get32(bucket + 16); number !== 0; number = get32(startOf(number) + 16)) {
      if (seen.has(number) || !isPairs(startOf(number))) {
        throw new SyntaxError(`page ${number} is no part of the bucket of page ${first}`)
      }
      seen.add(number)
      if (get16(startOf(number) + 20) > 0) filled.push(number)
      else empty.push(number)
    }
    const moved = get16(bucket + 20) === 0 ? filled.shift() : undefined
    if (moved !== undefined) {
      const from = startOf(moved)
      file.copyWithin(bucket + 20, from + 20, from + pageBytes)
      empty.push(moved)
    }
    if (empty.length === 0) return
    for (const number of empty) free(number)
    const chain = [first, ...filled]
    chain.forEach((number, index) => {
      if (index > 0) set32(startOf(number) + 12, chain[index - 1]!)
      set32(startOf(number) + 16, chain[index + 1] ?? 0)
    })
  }
}

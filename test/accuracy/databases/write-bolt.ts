import { writeFile } from 'node:fs/promises'

/** A bucket: values and further buckets by key. */
export interface BoltBucket {
  readonly [key: string]: BoltBucket | Uint8Array
}

const pageSize = 4096
const maxElements = 0xffff
const flags = { leaf: 0x02, meta: 0x04, freelist: 0x10, bucket: 0x01 }

/**
 * Writes a file that bbolt (go.etcd.io/bbolt) reads: two meta pages, an empty list of free pages, and each bucket as
 * one leaf page with as many overflow pages as it needs. Good for reading; bbolt splits such pages when it writes.
 *
 * @throws {RangeError} when a bucket holds more than 65,535 entries, which one page can't list.
 */
export async function writeBolt(path: string, root: BoltBucket): Promise<void> {
  const pages: Buffer[] = []
  let next = 3

  const add = (bucket: BoltBucket): bigint => {
    const elements = Object.entries(bucket)
      .map(([name, value]) => {
        const key = Buffer.from(name)
        return value instanceof Uint8Array
          ? { key, value, flag: 0 }
          : { key, value: bucketHeader(add(value)), flag: flags.bucket }
      })
      .sort((a, b) => Buffer.compare(a.key, b.key))
    if (elements.length > maxElements) throw new RangeError(`a bucket of ${elements.length} entries`)
    const size = elements.reduce((sum, { key, value }) => sum + 16 + key.length + value.length, 16)
    const count = Math.ceil(size / pageSize)
    const page = Buffer.alloc(count * pageSize)
    writeHeader(page, next, flags.leaf, elements.length, count - 1)
    let header = 16
    let data = 16 + elements.length * 16
    for (const { key, value, flag } of elements) {
      page.writeUInt32LE(flag, header)
      page.writeUInt32LE(data - header, header + 4)
      page.writeUInt32LE(key.length, header + 8)
      page.writeUInt32LE(value.length, header + 12)
      page.set(key, data)
      page.set(value, data + key.length)
      header += 16
      data += key.length + value.length
    }
    pages.push(page)
    const id = next
    next += count
    return BigInt(id)
  }

  const rootPage = add(root)
  const freelist = Buffer.alloc(pageSize)
  writeHeader(freelist, 2, flags.freelist, 0, 0)
  const meta = [0, 1].map((id) => metaPage(id, rootPage, BigInt(next)))
  await writeFile(path, Buffer.concat([...meta, freelist, ...pages]))
}

function bucketHeader(page: bigint): Buffer {
  const header = Buffer.alloc(16)
  header.writeBigUInt64LE(page)
  return header
}

function writeHeader(page: Buffer, id: number, flag: number, count: number, overflow: number): void {
  page.writeBigUInt64LE(BigInt(id), 0)
  page.writeUInt16LE(flag, 8)
  page.writeUInt16LE(count, 10)
  page.writeUInt32LE(overflow, 12)
}

function metaPage(id: number, root: bigint, pages: bigint): Buffer {
  const page = Buffer.alloc(pageSize)
  writeHeader(page, id, flags.meta, 0, 0)
  const meta = page.subarray(16)
  meta.writeUInt32LE(0xed0cdaed, 0)
  meta.writeUInt32LE(2, 4)
  meta.writeUInt32LE(pageSize, 8)
  meta.writeBigUInt64LE(root, 16)
  meta.writeBigUInt64LE(2n, 32)
  meta.writeBigUInt64LE(pages, 40)
  meta.writeBigUInt64LE(BigInt(id), 48)
  meta.writeBigUInt64LE(fnv1a64(meta.subarray(0, 56)), 56)
  return page
}

function fnv1a64(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return hash
}

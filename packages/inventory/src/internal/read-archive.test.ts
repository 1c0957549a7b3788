import { describe, expect, it } from 'vitest'
import { zipOf, type ZipEntry } from './archive.fixture.ts'
import { readArchive } from './read-archive.ts'

const contentOf = (bytes: Uint8Array) => ({
  size: bytes.byteLength,
  read: async (offset: number, length: number) => bytes.subarray(offset, offset + length),
})
const read = (bytes: Uint8Array, maxBytes = 1_000) =>
  readArchive(contentOf(bytes), (name) => name.endsWith('.txt'), { maxBytes })

describe('readArchive', () => {
  it('reads the entries that are asked for', async () => {
    const zip = zipOf([
      { name: 'a.txt', content: 'one' },
      { name: 'b.bin', content: 'x'.repeat(300_000) },
      { name: 'c.txt', content: '' },
    ])
    const found = await read(zip)
    expect(found.map(({ name, bytes }) => [name, Buffer.from(bytes).toString()])).toEqual([
      ['a.txt', 'one'],
      ['c.txt', ''],
    ])
  })

  it.each<[string, readonly ZipEntry[]]>([
    ['tells too small a size', [{ name: 'a.txt', content: 'x'.repeat(900_000), toldSize: 10 }]],
    ['tells too large a size', [{ name: 'a.txt', content: 'x', toldSize: 900 }]],
    ['unpacks to more than is allowed', [{ name: 'a.txt', content: 'x'.repeat(1_001) }]],
    [
      'unpacks to more than is allowed in all',
      [
        { name: 'a.txt', content: 'x'.repeat(600) },
        { name: 'b.txt', content: 'x'.repeat(600) },
      ],
    ],
    ['is encrypted', [{ name: 'a.txt', content: 'x', isEncrypted: true }]],
    ['names a place outside', [{ name: '../a.txt', content: 'x' }]],
  ])('refuses an archive that %s', async (_title, entries) => {
    await expect(read(zipOf(entries))).rejects.toThrow(SyntaxError)
  })

  it.each([
    ['nothing', new Uint8Array()],
    ['a text', Buffer.from('PK\x03\x04 no archive')],
    ['a cut one', zipOf([{ name: 'a.txt', content: 'x' }]).subarray(0, 60)],
    ['one whose directory is elsewhere', changed((zip) => zip.writeUInt32LE(0xfffffff0, zip.byteLength - 6))],
    ['one that tells more entries than it has', changed((zip) => zip.writeUInt16LE(9, zip.byteLength - 12))],
  ])('refuses %s', async (_title, bytes) => {
    await expect(read(bytes)).rejects.toThrow(SyntaxError)
  })

  it('passes on what is wrong with the image', async () => {
    const zip = zipOf([{ name: 'a.txt', content: 'x' }])
    const failure = new Error('disk')
    const content = { size: zip.byteLength, read: () => Promise.reject(failure) }
    await expect(readArchive(content, () => true, { maxBytes: 10 })).rejects.toBe(failure)
  })
})

function changed(change: (zip: Buffer) => void): Uint8Array {
  const zip = Buffer.from(zipOf([{ name: 'a.txt', content: 'x' }]))
  change(zip)
  return zip
}

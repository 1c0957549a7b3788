import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rpmDatabaseExaminer } from './examine-database.ts'
import type { RpmDatabase } from './rpm-database.ts'
import {
  berkeleyDb,
  contentOf,
  createPackages,
  headerOf,
  ndb,
  packageHeader,
  sqliteDb,
} from './rpm.fixture.ts'

async function examine(bytes: Uint8Array): Promise<RpmDatabase> {
  const found = await rpmDatabaseExaminer.examine(contentOf(bytes), {})
  return found!
}

const formats: readonly (readonly [string, (headers: readonly Buffer[]) => Buffer])[] = [
  ['Berkeley DB', (headers) => berkeleyDb(headers)],
  ['Berkeley DB of a big-endian machine', (headers) => berkeleyDb(headers, { littleEndian: false })],
  ['Berkeley DB with large pages', (headers) => berkeleyDb(headers, { pageBytes: 65_536 >> 1 })],
  ['ndb', ndb],
  ['SQLite', (headers) => sqliteDb(headers)],
]

/** The same bytes with some of them written over. */
function patched(bytes: Buffer, at: number, value: number | string, width: 1 | 2 | 4 = 4): Buffer {
  const copy = Buffer.from(bytes)
  if (typeof value === 'string') copy.write(value, at, 'latin1')
  else copy.writeUIntLE(value, at, width)
  return copy
}

describe('rpmDatabaseExaminer', () => {
  it.each(formats)('reads %s', async (_title, write) => {
    const large = packageHeader('large', {
      1003: { int32: [3] },
      1014: 'MIT',
      1028: 'x'.repeat(40_000),
      1044: 'large-1.0-2.el9.src.rpm',
      5096: 'nodejs:18:1:abc',
    })
    const { headers, problems } = await examine(write([packageHeader('small'), large]))
    expect(problems).toEqual([])
    expect(headers).toMatchObject([
      { name: 'small', version: '1.0', release: '2.el9', arch: 'x86_64', epoch: undefined },
      {
        name: 'large',
        epoch: 3,
        license: 'MIT',
        sourceRpm: 'large-1.0-2.el9.src.rpm',
        modularityLabel: 'nodejs:18:1:abc',
      },
    ])
  })

  it.each(formats)('reads none of an empty %s', async (_title, write) => {
    expect(await examine(write([]))).toEqual({ headers: [], problems: [] })
  })

  it.each(formats)(
    'reports the one header that is cut in %s, and reads the others',
    async (_title, write) => {
      const { headers, problems } = await examine(
        write([packageHeader('a'), packageHeader('b').subarray(0, -20), packageHeader('c')]),
      )
      expect(headers.map(({ name }) => name)).toEqual(['a', 'c'])
      expect(problems).toHaveLength(1)
    },
  )

  const bdb = berkeleyDb([packageHeader('a', { 1028: 'x'.repeat(2_000) }), packageHeader('b')])
  const own = ndb([packageHeader('a'), packageHeader('b')])
  it.each<[string, Buffer, string[]]>([
    ['a chain of overflow pages that leads back', patched(bdb, 3 * 512 + 16, 2), ['b']],
    ['a chain that leads out of the file', patched(bdb, 3 * 512 + 16, 99_999), ['b']],
    ['a chain that leads into another', patched(bdb, 2 * 512 + 16, 7), []],
    ['a chain that ends early', patched(bdb, 3 * 512 + 16, 0), ['b']],
    ['an overflow page that is none', patched(bdb, 3 * 512 + 25, 13, 1), ['b']],
    ['items outside their page', patched(bdb, 512 + 26, 600, 2), []],
    ['items that overlap', patched(bdb, 512 + 30, 511, 2), []],
    ['a page of an unknown kind', patched(bdb, 512 + 25, 99, 1), []],
    ['an odd number of items', patched(bdb, 512 + 20, 3, 2), []],
    ['a slot that points out of the file', patched(own, 32 + 8, 0xffffffff), ['b']],
    ['a slot that points into the slots', patched(own, 32 + 8, 1), ['b']],
    ['a slot of no length', patched(own, 32 + 12, 0), ['b']],
    ['a slot without its mark', patched(own, 32, 'XXXX'), []],
    ['a slot with the number of another', patched(own, 32 + 4, 7), ['b']],
    ['a blob that is changed', patched(own, 4_096 + 40, 'XXXX'), ['b']],
    ['a blob that claims more bytes', patched(own, 4_096 + 12, 0xffffff), ['b']],
  ])('reports %s', async (_title, bytes, names) => {
    const { headers, problems } = await examine(bytes)
    expect(problems.length).toBeGreaterThan(0)
    expect(headers.map(({ name }) => name)).toEqual(names)
  })

  it.each<[string, Buffer]>([
    ['an empty file', Buffer.alloc(0)],
    ['a text', Buffer.from('Packages')],
  ])('refuses %s', async (_title, bytes) => {
    await expect(examine(bytes)).rejects.toThrow(SyntaxError)
  })

  it.each<[string, Buffer]>([
    ['a database of Berkeley DB that is cut', bdb.subarray(0, 700)],
    ['an encrypted one', patched(bdb, 24, 1, 1)],
    ['one with checksums', patched(bdb, 26, 1, 1)],
    ['one with pages of three bytes', patched(bdb, 20, 3)],
    ['more slots than a million', patched(own, 12, 0xffffffff)],
    ['ndb that is cut among its slots', own.subarray(0, 1_000)],
    ['an unknown version of ndb', patched(own, 4, 9)],
    ['SQLite without its table', sqliteDb([], ['CREATE TABLE Other (a)'])],
    ['SQLite that is cut', sqliteDb([packageHeader('a')]).subarray(0, 4_096)],
    [
      'a view that never ends',
      sqliteDb(
        [],
        [
          'CREATE VIEW Packages AS WITH RECURSIVE n(hnum, blob) AS (SELECT 1, 1 UNION ALL SELECT hnum + 1, 1 FROM n) SELECT * FROM n',
        ],
      ),
    ],
    [
      'a computed column',
      sqliteDb(
        [],
        [
          'CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL AS (zeroblob(900000000)))',
        ],
      ),
    ],
  ])('tells %s from an empty database', async (_title, bytes) => {
    const { headers, problems } = await examine(bytes)
    expect(headers).toEqual([])
    expect(problems.at(-1)).toMatch(/; the rest is not read$/)
  })

  it('ends in a tree of SQLite whose branches are all one page', async () => {
    const bytes = sqliteDb(
      Array.from({ length: 400 }, (_, index) => packageHeader(`p${index}`, { 1028: 'x'.repeat(2_000) })),
    )
    const root = 4_096 * (readRoot(bytes) - 1)
    expect(bytes[root]).toBe(5)
    const cells = bytes.readUInt16BE(root + 3)
    const first = bytes.readUInt32BE(root + bytes.readUInt16BE(root + 12))
    for (let cell = 0; cell < cells; cell++) {
      bytes.writeUInt32BE(first, root + bytes.readUInt16BE(root + 12 + cell * 2))
    }
    const { headers, problems } = await examine(bytes)
    expect(headers.length).toBeLessThan(400)
    expect(problems).toEqual([expect.stringMatching(/rest is not read/)])
  })

  it('ends in a tree of SQLite that is its own branch', async () => {
    const bytes = sqliteDb(
      Array.from({ length: 400 }, (_, index) => packageHeader(`p${index}`, { 1028: 'x'.repeat(2_000) })),
    )
    const page = readRoot(bytes)
    const root = 4_096 * (page - 1)
    bytes.writeUInt32BE(page, root + bytes.readUInt16BE(root + 12))
    const { headers, problems } = await examine(bytes)
    expect(headers).toEqual([])
    expect(problems).toEqual([expect.stringMatching(/SQLite/)])
  })

  it('reads what rpm writes, whatever blanks its statement has', async () => {
    const { headers } = await examine(
      sqliteDb([packageHeader('a')], [createPackages.replace(',', ', ').replace(' (', '(\n')]),
    )
    expect(headers).toHaveLength(1)
  })

  it('reads all rows, whatever an index of the image lists', async () => {
    const bytes = sqliteDb(
      [packageHeader('a'), packageHeader('b')],
      [createPackages, 'CREATE INDEX short ON Packages (length(blob)) WHERE hnum < 0'],
    )
    // The index is empty; now it claims to list all rows.
    const condition = ' WHERE hnum < 0'
    bytes.fill(' ', bytes.indexOf(condition), bytes.indexOf(condition) + condition.length)
    const { headers } = await examine(bytes)
    expect(headers.map(({ name }) => name)).toEqual(['a', 'b'])
  })

  it('tells a hundred faults, and then how many more', async () => {
    const { problems } = await examine(ndb(Array.from({ length: 120 }, () => Buffer.from('x'))))
    expect(problems).toHaveLength(101)
    expect(problems.at(-1)).toBe("20 more packages that can't be read")
  })

  it.each(formats)('ends on any damage of %s, with a result or a SyntaxError', async (_title, write) => {
    const whole = write([
      packageHeader('a', { 1028: 'x'.repeat(1_500) }),
      packageHeader('b', { 1117: ['f'], 1118: ['/d/'], 1116: { int32: [0] } }),
    ])
    const damage = fc.array(fc.tuple(fc.nat(whole.byteLength - 1), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 12,
    })
    await fc.assert(
      fc.asyncProperty(damage, fc.nat(whole.byteLength), async (changes, cut) => {
        const bytes = Buffer.from(whole.subarray(0, cut % 3 === 0 ? cut : whole.byteLength))
        for (const [at, value] of changes) if (at < bytes.byteLength) bytes[at] = value
        const result = await examine(bytes).catch((error: unknown) => error)
        if (result instanceof Error) expect(result).toBeInstanceOf(SyntaxError)
        else expect(JSON.parse(JSON.stringify(result))).toHaveProperty('headers')
      }),
      { numRuns: 60 },
    )
  })

  it('ends with the reason of the caller', async () => {
    const reason = new Error('stop')
    for (const [, write] of formats) {
      const content = contentOf(write([packageHeader('a')]))
      await expect(rpmDatabaseExaminer.examine(content, { signal: AbortSignal.abort(reason) })).rejects.toBe(
        reason,
      )
    }
  })

  const repeat = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value)
  const files = (count: number, sums: readonly string[]) =>
    headerOf({
      1000: 'large',
      1001: '1',
      1002: '1',
      1035: sums,
      1116: { int32: repeat(count, 0) },
      1117: repeat(count, 'f'),
      1118: ['/d/'],
      5011: { int32: [8] },
    })

  it.each<[string, number, number, string]>([
    ['a million files without sums', 1_000_000, 1_000_000, ''],
    ['a hundred thousand with sums', 100_000, 100_000, 'ab'.repeat(32)],
  ])('reads a header of %s', async (_title, count, sumCount, sum) => {
    const { headers, problems } = await examine(
      ndb([files(count, repeat(sumCount, sum)), packageHeader('b')]),
    )
    expect(problems).toEqual([])
    expect(headers.map((one) => [one.name, one.files.length, one.sums.length])).toEqual([
      ['large', count, sum === '' ? 0 : count],
      ['b', 0, 0],
    ])
  })

  it.each<[string, number, number, string]>([
    ['more files than a million', 1_000_001, 1_000_001, ''],
    ['one sum too few', 100, 99, 'ab'.repeat(32)],
    ['one sum too many', 100, 101, 'ab'.repeat(32)],
    ['sums of more bytes than a header may have', 1_000_000, 1_000_000, 'ab'.repeat(32)],
  ])('reports a header of %s', async (_title, count, sumCount, sum) => {
    const { headers, problems } = await examine(
      ndb([files(count, repeat(sumCount, sum)), packageHeader('b')]),
    )
    expect(headers.map(({ name }) => name)).toEqual(['b'])
    expect(problems).toHaveLength(1)
  })

  it('refuses file names that little data makes long', async () => {
    const count = 100_000
    const bomb = headerOf({
      1000: 'bomb',
      1001: '1',
      1002: '1',
      1116: { int32: Array.from({ length: count }, () => 0) },
      1117: Array.from({ length: count }, () => 'f'),
      1118: [`/${'d'.repeat(4_000)}/`],
    })
    const { headers, problems } = await examine(ndb([bomb, packageHeader('b')]))
    expect(headers.map(({ name }) => name)).toEqual(['b'])
    expect(problems).toEqual([expect.stringMatching(/^bomb: file names of more than/)])
  })
})

/** The page of the table's root, as the schema on the first page tells. */
function readRoot(bytes: Buffer): number {
  for (let page = 2; page * 4_096 <= bytes.byteLength; page++)
    if (bytes[(page - 1) * 4_096] === 5) return page
  throw new Error('no inner page')
}

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editDatabase, readHeaders } from './edit-database.ts'
import { leaveOutFiles } from './leave-out-files.ts'
import { parseRpmPackage } from './parse-rpm-package.ts'
import { berkeleyDb, headerOf, ndb, sqliteDb, sqliteSchema } from './rpm.fixture.ts'

const formats: readonly (readonly [string, (headers: readonly Uint8Array[]) => Buffer])[] = [
  ['SQLite', (headers) => sqliteDb(headers)],
  ['SQLite without a log', (headers) => sqliteDb(headers, { ahead: false })],
  ['ndb', ndb],
  ['Berkeley DB', (headers) => berkeleyDb(headers)],
  ['Berkeley DB of a big-endian machine', (headers) => berkeleyDb(headers, { littleEndian: false })],
]
const samples = Array.from({ length: 20 }, (_, index) =>
  headerOf(`package-${index + 1}`, { padding: index % 3 === 0 ? 2_000 : 10, files: [`/file-${index + 1}`] }),
)
const nothing = { remove: new Set<number>(), replace: new Map<number, Uint8Array>() }
const namesOf = async (database: Uint8Array) =>
  [...(await readHeaders(database)).values()].map((header) => parseRpmPackage(header).name)

describe.each(formats)('editDatabase on %s', (_format, write) => {
  const database = write(samples)

  it('takes out any packages, keeps the bytes of the others, and gives the same bytes each time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 1, max: 20 })), async (numbers) => {
        const remove = new Set(numbers)
        const edited = await editDatabase(database, { ...nothing, remove })
        const left = await readHeaders(edited)
        expect([...left.keys()].toSorted((a, b) => a - b)).toEqual(
          samples.flatMap((_, index) => (remove.has(index + 1) ? [] : [index + 1])),
        )
        for (const [number, header] of left) expect(samples[number - 1]!.equals(header)).toBe(true)
        // Neither in a free page nor in an index.
        for (const number of numbers) {
          expect(edited.includes(`package-${number}\0`)).toBe(false)
          expect(edited.includes(`file-${number}\0`)).toBe(false)
        }
        expect(Buffer.compare(await editDatabase(database, { ...nothing, remove }), edited)).toBe(0)
      }),
      { numRuns: 10 },
    )
  })

  it('can take out the rest of what it made', async () => {
    const half = await editDatabase(database, { ...nothing, remove: new Set([1, 2, 3, 4, 5, 6, 7, 8, 20]) })
    const rest = await editDatabase(half, {
      ...nothing,
      remove: new Set([9, 12, 13, 14, 15, 16, 17, 18, 19]),
    })
    expect(await namesOf(rest)).toEqual(['package-10', 'package-11'])
    expect(await namesOf(await editDatabase(rest, { ...nothing, remove: new Set([10, 11]) }))).toEqual([])
  })

  it('puts a header in the place of another', async () => {
    const replace = new Map([1, 2].map((number) => [number, leaveOutFiles(samples[number - 1]!, [0])]))
    const edited = await editDatabase(database, { remove: new Set([3]), replace })
    const [first, second, fourth] = [...(await readHeaders(edited)).values()].map(parseRpmPackage)
    expect([first, second, fourth].map((one) => [one!.name, one!.files[0]!.state])).toEqual([
      ['package-1', 2],
      ['package-2', 2],
      ['package-4', 0],
    ])
  })

  it('refuses a package that is not there, and a header of another length', async () => {
    await expect(editDatabase(database, { ...nothing, remove: new Set([21]) })).rejects.toThrow(
      'no package 21',
    )
    const replace = new Map([[1, headerOf('other')]])
    await expect(editDatabase(database, { ...nothing, replace })).rejects.toThrow('another length')
  })

  it('refuses it when it is cut anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: database.byteLength - 512 }), async (size) => {
        const outcome = editDatabase(database.subarray(0, size), nothing).then(
          () => 'accepted',
          (error: unknown) => error,
        )
        expect(await outcome).toBeInstanceOf(SyntaxError)
      }),
      { numRuns: 30 },
    )
  })

  it('never gives a database that lacks or changes another package, whatever byte is wrong', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: database.byteLength - 1 }),
        fc.integer({ min: 0, max: 255 }),
        async (at, value) => {
          const broken = Buffer.from(database)
          broken[at] = value
          let before: Map<number, Uint8Array>
          let edited: Uint8Array
          try {
            before = await readHeaders(broken)
            edited = await editDatabase(broken, { ...nothing, remove: new Set([1, 4]) })
          } catch (error) {
            expect(error).toBeInstanceOf(SyntaxError)
            return
          }
          const after = await readHeaders(edited)
          for (const [number, header] of before) {
            if (number !== 1 && number !== 4) expect(Buffer.compare(after.get(number)!, header)).toBe(0)
          }
          expect(after.size).toBe(before.size - 2)
        },
      ),
      { numRuns: 30 },
    )
  })
})

describe('editDatabase', () => {
  it.each([
    ['a trigger', `CREATE TRIGGER t AFTER DELETE ON Packages BEGIN DELETE FROM Packages; END`],
    ['a view', `CREATE VIEW v AS SELECT 1`],
    ['another table', `CREATE TABLE 'Other' (a)`],
    ['an index over an expression', `CREATE INDEX 'i' ON 'Name'(abs(hnum))`],
    ['a computed column', `CREATE TABLE 'Computed' (key 'TEXT', hnum AS (1))`],
  ])('refuses SQLite with %s', async (_title, statement) => {
    const database = sqliteDb([samples[1]!], { schema: [...sqliteSchema, statement] })
    await expect(editDatabase(database, nothing)).rejects.toThrow('holds what rpm does not make')
  })

  it('empties what SQLite learned of the indexes', async () => {
    const database = sqliteDb([samples[1]!, samples[2]!], { schema: [...sqliteSchema, 'ANALYZE'] })
    expect(await namesOf(await editDatabase(database, { ...nothing, remove: new Set([1]) }))).toEqual([
      'package-3',
    ])
  })

  it('refuses ndb with two packages of one number', async () => {
    const database = ndb([samples[1]!, samples[2]!])
    const second = database.readUInt32LE(48 + 8) * 16
    database.writeUInt32LE(1, 48 + 4)
    database.writeUInt32LE(1, second + 4)
    await expect(editDatabase(database, nothing)).rejects.toThrow()
  })

  it('refuses Berkeley DB where two packages share pages', async () => {
    const database = berkeleyDb([samples[1]!, samples[1]!])
    const items = [0, 1].map((at) => 512 + database.readUInt16LE(512 + 26 + (3 + at * 2) * 2))
    database.copy(database, items[1]!, items[0], items[0]! + 12)
    await expect(editDatabase(database, nothing)).rejects.toThrow('used twice')
  })

  const data = join(import.meta.dirname, '../../../../../../shared/data/scan/pkgdb')
  it
    .skipIf(!existsSync(data))
    .each([
      ['go-rpmdb/sle15-bci/Packages.db'],
      ['snyk/rpm/Packages.db'],
      ['go-rpmdb/libuuid/Packages'],
      ['scalibr/os/rpm/Packages_epoch'],
      ['syft/redhat/Packages'],
    ])('takes out each and every package of the real %s (skipped without ../shared/data)', async (path) => {
    const database = readFileSync(join(data, path))
    const before = [...(await readHeaders(database)).keys()]
    const other = new Set(before.filter((_, index) => index % 2 === 1))
    const half = await editDatabase(database, {
      ...nothing,
      remove: new Set(before.filter((one) => !other.has(one))),
    })
    expect(new Set((await readHeaders(half)).keys())).toEqual(other)
    expect((await readHeaders(await editDatabase(half, { ...nothing, remove: other }))).size).toBe(0)
  })
})

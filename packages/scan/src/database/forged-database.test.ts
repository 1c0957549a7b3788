import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf } from '@sallyport/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nameForm, recordKey } from './database-keys.ts'
import { encodeHead, encodeMeta, type TableExtent } from './database-meta.ts'
import { DatabaseSink } from './database-sink.ts'
import { openAdvisoryDatabase } from './open-advisory-database.ts'
import { TableWriter } from './table-writer.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-forged-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

interface Forgery {
  readonly record?: string
  readonly packages?: readonly (readonly [string, string])[]
  readonly aliases?: readonly (readonly [string, string])[]
  readonly ecosystems?: readonly (readonly [string, string])[]
  readonly names?: string
  readonly extent?: Partial<TableExtent>
}

/** A database whose checksums are all right, and whose content is what somebody wants it to be. */
async function forge({
  record = '{"id":"A","affected":[{"package":{"ecosystem":"npm","name":"a"}}]}',
  packages = [['npm\0a', '[0,0]']],
  aliases = [],
  ecosystems = [['npm', '1']],
  names = nameForm(),
  extent = {},
}: Forgery): Promise<string> {
  const path = join(directory, 'forged.db')
  const sink = await DatabaseSink.create(path)
  await sink.append(encodeHead())
  const table = async (entries: readonly (readonly [string | Buffer, string])[]): Promise<TableExtent> => {
    const writer = new TableWriter(sink, { blockBytes: 4096 })
    for (const [key, value] of entries) await writer.add(Buffer.from(key), Buffer.from(value))
    return writer.finish()
  }
  const tables = {
    records: await table([[recordKey(0), record]]),
    packages: { ...(await table(packages)), ...extent },
    ecosystems: await table(ecosystems),
    aliases: await table(aliases),
  }
  const digest = digestOf('')
  const sources = [{ name: 'a', records: 1, withdrawn: 0, digest }]
  const meta = {
    builtAt: '2026-01-01T00:00:00Z',
    digest,
    size: 1,
    withdrawn: 0,
    entries: 1,
    names,
    sources,
    tables,
  }
  await sink.append(encodeMeta(meta, sink.position))
  await sink.finish()
  return path
}

describe('openAdvisoryDatabase of a forged file', () => {
  it('opens one that is in order', async () => {
    using database = await openAdvisoryDatabase(await forge({}), { verify: true })
    expect(database.find('npm', 'a')).toHaveLength(1)
  })

  it.each<[string, Forgery]>([
    ['a package with a record that is not there', { packages: [['npm\0a', '[9,0]']] }],
    ['a package with a position that is not there', { packages: [['npm\0a', '[0,9]']] }],
    ['a package with half a pair', { packages: [['npm\0a', '[0,0,0]']] }],
    ['a package with a record below the first', { packages: [['npm\0a', '[0,0,-1,0]']] }],
    ['a package with no JSON', { packages: [['npm\0a', '[']] }],
    ['a record that is none', { record: '{"id":7}' }],
    ['a record with __proto__ for its fields', { record: '{"__proto__":{"id":"A"}}' }],
    [
      'ids that stand for each other',
      {
        aliases: [
          ['A', '"B"'],
          ['B', '"A"'],
        ],
      },
    ],
    ['an id that leads nowhere', { aliases: [['A', '"B"']] }],
    [
      'a group without the id that leads to it',
      {
        aliases: [
          ['A', '"B"'],
          ['B', '["B","C"]'],
        ],
      },
    ],
    ['a count that is none', { ecosystems: [['npm', '-1']] }],
  ])('throws at the look-up of %s', async (_, forgery) => {
    const path = await forge(forgery)
    using database = await openAdvisoryDatabase(path)
    expect(() => [database.count('npm'), database.find('npm', 'a'), database.aliasesOf('A')]).toThrow(
      expect.objectContaining({ name: 'ScanError', code: 'DATABASE_INVALID' }),
    )
    await expect(openAdvisoryDatabase(path, { verify: true })).rejects.toMatchObject({
      code: 'DATABASE_INVALID',
    })
  })

  it.each<[string, Forgery]>([
    ['a record under the name of another package', { packages: [['npm\0b', '[0,0]']] }],
    [
      'keys out of order',
      {
        aliases: [
          ['B', '["A","B"]'],
          ['A', '"B"'],
        ],
      },
    ],
    ['a wrong count', { ecosystems: [['npm', '2']] }],
    ['an ecosystem without a count', { ecosystems: [] }],
  ])('finds %s when it verifies', async (_, forgery) => {
    await expect(openAdvisoryDatabase(await forge(forgery), { verify: true })).rejects.toMatchObject({
      code: 'DATABASE_INVALID',
    })
  })

  it.each<[string, Forgery]>([
    ['names that were normalised in another way', { names: 'other' }],
    ['tables with a gap between them', { extent: { bytes: 1 } }],
    ['a table that reaches beyond the file', { extent: { bytes: 2 ** 40 } }],
  ])('refuses %s', async (_, forgery) => {
    await expect(openAdvisoryDatabase(await forge(forgery))).rejects.toMatchObject({
      code: 'DATABASE_INVALID',
    })
  })

  it('refuses a huge index before it is held', async () => {
    const path = await forge({ extent: { blocks: 2 ** 31, entries: 2 ** 40 } })
    using database = await openAdvisoryDatabase(path)
    expect(() => database.find('npm', 'a')).toThrow(expect.objectContaining({ code: 'DATABASE_INVALID' }))
  })
})

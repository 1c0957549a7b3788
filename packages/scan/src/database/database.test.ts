import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf, isSallyportError } from '@sallyport/core'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAdvisoryIndex } from '../advisories/advisory-index.ts'
import type { OsvRecord } from '../advisories/osv.schema.ts'
import { parseAdvisories } from '../advisories/parse-advisories.ts'
import type { EpssScores } from '../feeds/parse-epss.ts'
import { parseKev } from '../feeds/parse-kev.ts'
import { answersOf } from './answers.fixture.ts'
import { buildAdvisoryDatabase } from './build-advisory-database.ts'
import { openAdvisoryDatabase } from './open-advisory-database.ts'
import { anyRecord, questions } from './sample-records.fixture.ts'

const clock = { now: () => new Date('2026-11-26T00:00:00Z') }
let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-database-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

const epss: EpssScores = {
  updatedAt: '2026-11-25T00:00:00Z',
  modelVersion: 'v2025.03.14',
  scores: new Map([
    ['CVE-2026-1001', { probability: 0.5, percentile: 0.75, date: '2026-11-25' }],
    ['CVE-2026-1000', { probability: 0, percentile: 1, date: '2026-11-25' }],
  ]),
}
const kev = parseKev(
  JSON.stringify({
    catalogVersion: '2026.11.25',
    dateReleased: '2026-11-25T17:04:19.9796Z',
    count: 1,
    vulnerabilities: [
      { cveID: 'CVE-2026-1002', dateAdded: '2026-01-01', knownRansomwareCampaignUse: 'Known' },
    ],
  }),
  { source: 'kev.json' },
)

async function build(records: readonly OsvRecord[], name = 'sample.db'): Promise<string> {
  const output = join(directory, name)
  await buildAdvisoryDatabase({
    inputs: [{ kind: 'records', name: 'sample', records }],
    kev,
    epss,
    output,
    clock,
  })
  return output
}

/** A record with a package: a database of none is refused. */
const anchor: OsvRecord = { id: 'anchor', affected: [{ package: { ecosystem: 'npm', name: 'anchor' } }] }

describe('openAdvisoryDatabase', () => {
  it('answers whatever createAdvisoryIndex answers of the same records', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(anyRecord, { selector: (record) => JSON.stringify(record), maxLength: 30 }),
        async (records) => {
          const all = [anchor, ...records]
          const path = await build(all)
          using database = await openAdvisoryDatabase(path, { verify: true })
          expect(answersOf(database, questions)).toEqual(
            answersOf(createAdvisoryIndex(all, { kev, epss }), questions),
          )
          expect(database.withdrawn).toBe(all.length - database.size)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('gives a typed error or the same answers when any byte is another', async () => {
    const records = fc.sample(anyRecord, { numRuns: 12, seed: 7 })
    const path = await build([anchor, ...records], 'flip.db')
    const bytes = readFileSync(path)
    using original = await openAdvisoryDatabase(path)
    const expected = JSON.stringify(answersOf(original, questions))
    const damaged = join(directory, 'damaged.db')
    let refused = 0
    let checked = 0
    for (let position = 0; position < bytes.length; position += 3) {
      const copy = Buffer.from(bytes)
      copy[position] = (copy[position] ?? 0) ^ (1 << (position % 8))
      writeFileSync(damaged, copy)
      checked++
      try {
        using database = await openAdvisoryDatabase(damaged)
        expect(JSON.stringify(answersOf(database, questions))).toBe(expected)
      } catch (error) {
        if (!isSallyportError(error)) throw error
        expect(error.code).toBe('DATABASE_INVALID')
        refused++
      }
      await expect(openAdvisoryDatabase(damaged, { verify: true }), `byte ${position}`).rejects.toMatchObject(
        {
          code: 'DATABASE_INVALID',
        },
      )
    }
    expect(refused).toBeGreaterThan(checked / 2)
  })

  it('refuses a file that was cut anywhere, or has more at its end', async () => {
    const path = await build([anchor], 'cut.db')
    const bytes = readFileSync(path)
    const damaged = join(directory, 'damaged.db')
    for (let length = 0; length < bytes.length; length += 7) {
      writeFileSync(damaged, bytes.subarray(0, length))
      await expect(openAdvisoryDatabase(damaged), `${length} bytes`).rejects.toMatchObject({
        code: 'DATABASE_INVALID',
      })
    }
    writeFileSync(damaged, Buffer.concat([bytes, Buffer.from('\n')]))
    await expect(openAdvisoryDatabase(damaged)).rejects.toMatchObject({ code: 'DATABASE_INVALID' })
  })

  it('says what is damaged, and where', async () => {
    const path = await build([anchor], 'where.db')
    const bytes = readFileSync(path)
    bytes[20] = (bytes[20] ?? 0) ^ 1
    writeFileSync(path, bytes)
    using database = await openAdvisoryDatabase(path)
    expect(() => database.find('npm', 'anchor')).toThrow(
      /where\.db: block 0 of table records: the checksum differs/,
    )
  })

  it.each([
    ['another file', 'text', 'DATABASE_INVALID'],
    ['an empty file', '', 'DATABASE_INVALID'],
  ])('refuses %s', async (_, text, code) => {
    const path = join(directory, 'other.db')
    writeFileSync(path, text)
    await expect(openAdvisoryDatabase(path)).rejects.toMatchObject({ name: 'ScanError', code })
  })

  it.each([
    ['a folder', '.'],
    ['no file', 'missing.db'],
  ])('says that %s cannot be read', async (_, name) => {
    await expect(openAdvisoryDatabase(join(directory, name))).rejects.toMatchObject({
      code: 'DATA_UNAVAILABLE',
    })
  })

  it('compares the digest of the whole file when asked to', async () => {
    const path = await build([anchor], 'digest.db')
    const expectedDigest = digestOf(readFileSync(path))
    using database = await openAdvisoryDatabase(path, { expectedDigest })
    expect(database.size).toBe(1)
    await expect(openAdvisoryDatabase(path, { expectedDigest: digestOf('other') })).rejects.toMatchObject({
      code: 'DATABASE_UNVERIFIED',
    })
  })

  it('reads the very file whose digest it compared, whatever takes its path meanwhile', async () => {
    const path = await build([anchor], 'kept.db')
    const other = await build([{ ...anchor, id: 'other' }], 'put.db')
    const opening = openAdvisoryDatabase(path, { expectedDigest: digestOf(readFileSync(path)) })
    renameSync(other, path)
    using database = await opening
    expect(database.find('npm', 'anchor').map(({ record }) => record.id)).toEqual(['anchor'])
  })

  it('knows nothing any more once it is closed', async () => {
    const database = await openAdvisoryDatabase(await build([anchor], 'closed.db'))
    database.close()
    database.close()
    expect(() => database.find('npm', 'anchor')).toThrow(
      expect.objectContaining({ code: 'DATA_UNAVAILABLE' }),
    )
  })

  it('ends with the reason of its signal', async () => {
    const path = await build([anchor], 'signal.db')
    const signal = AbortSignal.abort('enough')
    await expect(openAdvisoryDatabase(path, { signal })).rejects.toBe('enough')
  })
})

const data = new URL('../../../../../shared/data/scan/advisories/', import.meta.url)

describe.skipIf(!existsSync(data))('published records (skipped where the data folder is absent)', () => {
  it('are found as in memory, from files and a folder', async () => {
    const files = [
      'osv-go/go.jsonl',
      'osv-pypi/pypi.jsonl',
      'osv-crates/crates.jsonl',
      'osv-maven/maven-abridged.jsonl',
    ]
    const pathOf = (file: string): string => new URL(file, data).pathname
    const output = join(directory, 'published.db')
    const built = await buildAdvisoryDatabase({
      inputs: [
        ...files.map((file) => ({ kind: 'jsonl' as const, name: file, content: pathOf(file) })),
        { kind: 'directory', name: 'Ubuntu', path: pathOf('osv-ubuntu') },
      ],
      kev,
      epss,
      output,
      clock,
    })
    const records = files.flatMap((file) => parseAdvisories(readFileSync(pathOf(file)), { source: file }))
    const ubuntu = ['2001-1593', '2005-1515', '2010-0751', '2015-0209', '2020-1944', '2025-14345'].flatMap(
      (cve) => parseAdvisories(readFileSync(pathOf(`osv-ubuntu/UBUNTU-CVE-${cve}.json`)), { source: cve }),
    )
    const memory = createAdvisoryIndex([...records, ...ubuntu], { kev, epss })
    using database = await openAdvisoryDatabase(output, { verify: true, expectedDigest: built.digest })
    const packages = [...records, ...ubuntu]
      .flatMap(({ affected }) => affected ?? [])
      .map((each) => each.package)
    const asked = {
      ecosystems: [...new Set(packages.flatMap((each) => each?.ecosystem ?? []))],
      names: [...new Set(packages.flatMap((each) => each?.name ?? []))],
      ids: [...records, ...ubuntu].flatMap(({ id, aliases }) => [id, ...(aliases ?? [])]),
    }
    expect(asked.ecosystems.length).toBeGreaterThan(5)
    expect(answersOf(database, asked)).toEqual(answersOf(memory, asked))
    expect(database.sources.map(({ name, records: amount }) => [name, amount])).toEqual([
      ['Ubuntu', 6],
      ['osv-crates/crates.jsonl', 101],
      ['osv-go/go.jsonl', 511],
      ['osv-maven/maven-abridged.jsonl', 7],
      ['osv-pypi/pypi.jsonl', 395],
    ])
  })
})

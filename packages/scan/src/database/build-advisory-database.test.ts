import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf } from '@sallyport/core'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { OsvRecord } from '../advisories/osv.schema.ts'
import { advisoryDatabaseAge } from './advisory-database-age.ts'
import type { AdvisoryInput } from './advisory-input.ts'
import { buildAdvisoryDatabase, type BuildAdvisoryDatabaseOptions } from './build-advisory-database.ts'
import { encodeZip } from './encode-zip.fixture.ts'
import { openAdvisoryDatabase } from './open-advisory-database.ts'
import { anyRecord } from './sample-records.fixture.ts'

const clock = { now: () => new Date('2026-11-26T00:00:00Z') }
let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-database-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const record = (id: string, rest: Partial<OsvRecord> = {}): OsvRecord => ({
  id,
  modified: '2026-11-01T00:00:00Z',
  affected: [{ package: { ecosystem: 'npm', name: `of-${id}` } }],
  ...rest,
})
const jsonOf = (id: string, rest?: Partial<OsvRecord>): string => JSON.stringify(record(id, rest))

/** Writes the input into the folder, and says where. */
function place(name: string, content: string | Buffer): string {
  writeFileSync(join(directory, name), content)
  return join(directory, name)
}

const build = (inputs: readonly AdvisoryInput[], options: Partial<BuildAdvisoryDatabaseOptions> = {}) =>
  buildAdvisoryDatabase({ inputs, output: join(directory, 'out.db'), clock, ...options })

describe('buildAdvisoryDatabase', () => {
  it.each<[string, () => AdvisoryInput]>([
    [
      'a zip',
      () => ({
        kind: 'zip',
        name: 'source',
        path: place(
          'all.zip',
          encodeZip([
            { name: 'A.json', content: jsonOf('A') },
            { name: 'x/', content: '' },
            { name: 'x/B.json', content: jsonOf('B') },
          ]),
        ),
      }),
    ],
    [
      'a folder, its folders, and no link',
      () => {
        mkdirSync(join(directory, 'in/deep'), { recursive: true })
        place('in/A.json', jsonOf('A'))
        place('in/deep/B.json', jsonOf('B'))
        place('in/README.md', 'text')
        symlinkSync(place('other.json', jsonOf('C')), join(directory, 'in/C.json'))
        return { kind: 'directory', name: 'source', path: join(directory, 'in') }
      },
    ],
    [
      'a file of lines',
      () => ({
        kind: 'jsonl',
        name: 'source',
        content: place('in.jsonl', `${jsonOf('A')}\r\n\n${jsonOf('B')}`),
      }),
    ],
    [
      'lines in pieces',
      () => ({
        kind: 'jsonl',
        name: 'source',
        content: (async function* () {
          for (const byte of Buffer.from(`${jsonOf('A')}\n${jsonOf('B')}\n`)) yield Uint8Array.of(byte)
        })(),
      }),
    ],
    [
      'records that come one by one',
      () => ({
        kind: 'records',
        name: 'source',
        records: (async function* () {
          yield record('A')
          yield record('B')
        })(),
      }),
    ],
  ])('reads %s', async (_, input) => {
    const built = await build([input()])
    expect(built).toMatchObject({ size: 2, withdrawn: 0, builtAt: '2026-11-26T00:00:00.000Z' })
    const bytes = readFileSync(built.path)
    expect(built).toMatchObject({ digest: digestOf(bytes), bytes: bytes.length })
    using database = await openAdvisoryDatabase(built.path, { verify: true })
    expect(database.find('npm', 'of-B')).toEqual([
      { record: record('B'), affected: record('B').affected?.[0] },
    ])
    expect(database.find('npm', 'of-C')).toEqual([])
    expect(readdirSync(directory).filter((name) => name.startsWith('out'))).toEqual(['out.db'])
  })

  it('gives the same bytes whatever the order of inputs and records', async () => {
    const anchor = record('anchor')
    await fc.assert(
      fc.asyncProperty(
        fc
          .array(anyRecord, { maxLength: 12 })
          .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        async ([one, other]) => {
          const first: AdvisoryInput = { kind: 'records', name: 'first', records: [anchor] }
          const inputs = (records: readonly OsvRecord[]): AdvisoryInput => ({
            kind: 'records',
            name: 'second',
            records: [anchor, ...records],
          })
          const a = await build([first, inputs(one)])
          const b = await build([inputs(other), first])
          expect(a.digest).toBe(b.digest)
        },
      ),
      { numRuns: 30 },
    )
  })

  it('keeps a record of two sources once, and counts it in both', async () => {
    const { size, sources } = await build([
      { kind: 'records', name: 'a', records: [record('A'), record('B')] },
      { kind: 'records', name: 'b', records: [record('B')] },
    ])
    expect(size).toBe(2)
    expect(sources.map(({ name, records }) => [name, records])).toEqual([
      ['a', 2],
      ['b', 1],
    ])
  })

  it('leaves out what is withdrawn, and counts it', async () => {
    const gone = record('B', { withdrawn: '2026-11-02T00:00:00Z', aliases: ['CVE-2026-0001'] })
    const built = await build([{ kind: 'records', name: 'a', records: [record('A'), gone] }])
    expect(built).toMatchObject({ size: 1, withdrawn: 1, sources: [{ records: 2, withdrawn: 1 }] })
    using database = await openAdvisoryDatabase(built.path, { verify: true })
    expect(database.find('npm', 'of-B')).toEqual([])
    expect(database.aliasesOf('CVE-2026-0001')).toEqual(['CVE-2026-0001'])
  })

  it('knows the age of each source, and believes no time in the future', async () => {
    const zip = place('all.zip', encodeZip([{ name: 'A.json', content: jsonOf('A') }]))
    const records = [record('A'), record('B', { modified: '2999-01-01T00:00:00Z' })]
    const built = await build([
      { kind: 'zip', name: 'zip', path: zip },
      { kind: 'records', name: 'newest', records },
      { kind: 'records', name: 'stated', records, updatedAt: '2026-11-25T12:00:00Z' },
      { kind: 'records', name: 'ahead', records, updatedAt: '2999-01-01T00:00:00Z' },
      { kind: 'records', name: 'unknown', records: [record('C', { modified: undefined })] },
    ])
    using database = await openAdvisoryDatabase(built.path)
    const day = 86_400_000
    expect(advisoryDatabaseAge(database, clock.now())).toEqual({
      oldestMs: Number.POSITIVE_INFINITY,
      sources: [
        { name: 'unknown', ageMs: Number.POSITIVE_INFINITY },
        { name: 'newest', ageMs: 25 * day },
        { name: 'zip', ageMs: (5 * 24 + 14) * 3_600_000 },
        { name: 'stated', ageMs: day / 2 },
        { name: 'ahead', ageMs: 0 },
      ],
    })
    expect(database.updatedAt).toBe('2026-11-01T00:00:00Z')
  })

  const zipOf = (files: Parameters<typeof encodeZip>[0]): AdvisoryInput => ({
    kind: 'zip',
    name: 'source',
    path: place('bad.zip', encodeZip(files)),
  })
  const linesOf = (content: string | Buffer): AdvisoryInput => ({
    kind: 'jsonl',
    name: 'source',
    content: place('bad.jsonl', content),
  })

  it.each<[string, () => AdvisoryInput, RegExp]>([
    ['a line that is no JSON', () => linesOf(`${jsonOf('A')}\n{`), /^source, line 2: not JSON/],
    ['a line that is no text', () => linesOf(Buffer.from([0x22, 0xff, 0x22])), /^source, line 1: not UTF-8/],
    ['a record without id', () => linesOf(`${jsonOf('A')}\n{"id":""}`), /^source, line 2 .*Too small/],
    [
      'a zipped file that is no record',
      () => zipOf([{ name: 'A.json', content: '[]' }]),
      /^source, A\.json: /,
    ],
    [
      'another file in a zip',
      () => zipOf([{ name: 'A.txt', content: '' }]),
      /^source, A\.txt: no \.json file/,
    ],
    [
      'an encrypted file',
      () => zipOf([{ name: 'A.json', content: jsonOf('A'), encrypted: true }]),
      /^source, A\.json: .*encrypted/,
    ],
    [
      'a file longer than its archive says',
      () => zipOf([{ name: 'A.json', content: jsonOf('A'), size: 9 }]),
      /^source, A\.json: /,
    ],
    [
      'a file shorter than its archive says',
      () => zipOf([{ name: 'A.json', content: jsonOf('A'), size: 999 }]),
      /^source, A\.json: /,
    ],
    [
      'a zip that is none',
      () => ({ kind: 'zip', name: 'source', path: place('bad.zip', 'text') }),
      /^source: /,
    ],
    [
      'a zip that is not there',
      () => ({ kind: 'zip', name: 'source', path: join(directory, 'no') }),
      /^source: .*ENOENT/,
    ],
    [
      'a folder that is not there',
      () => ({ kind: 'directory', name: 'source', path: join(directory, 'no') }),
      /^source: .*ENOENT/,
    ],
    [
      'a file that is not there',
      () => ({ kind: 'jsonl', name: 'source', content: join(directory, 'no') }),
      /^source: .*ENOENT/,
    ],
    [
      'half a character as a name',
      () => ({
        kind: 'records',
        name: 'source',
        records: [record('A', { affected: [{ package: { ecosystem: 'npm', name: '\ud83e' } }] })],
      }),
      /^source, record 1: .*no name/,
    ],
  ])('refuses %s, names source and position, and leaves what was there', async (_, input, message) => {
    const output = place('out.db', 'what was there')
    await expect(build([input()], { output })).rejects.toMatchObject({
      name: 'ScanError',
      code: 'ADVISORIES_INVALID',
      message: expect.stringMatching(message) as string,
    })
    expect(readFileSync(output, 'utf8')).toBe('what was there')
    expect(
      readdirSync(directory).filter((name) => name.endsWith('.tmp') || name.includes('.records')),
    ).toEqual([])
  })

  it.each<[string, readonly AdvisoryInput[]]>([
    ['no input', []],
    [
      'a source without a record',
      [
        { kind: 'records', name: 'a', records: [record('A')] },
        { kind: 'records', name: 'b', records: [] },
      ],
    ],
    [
      'only withdrawn records',
      [{ kind: 'records', name: 'a', records: [record('A', { withdrawn: '2026-01-01T00:00:00Z' })] }],
    ],
    ['records without a package', [{ kind: 'records', name: 'a', records: [{ id: 'A' }] }]],
  ])('refuses %s', async (_, inputs) => {
    await expect(build(inputs)).rejects.toMatchObject({ code: 'ADVISORIES_EMPTY' })
  })

  it.each<[string, () => AdvisoryInput, object]>([
    [
      'a zipped record',
      () => zipOf([{ name: 'A.json', content: ' '.repeat(5000) }]),
      { maxRecordBytes: 4096 },
    ],
    ['a line', () => linesOf(' '.repeat(5000)), { maxRecordBytes: 4096 }],
    ['records', () => linesOf(`${jsonOf('A')}\n${jsonOf('B')}`), { maxRecords: 1 }],
    ['bytes', () => linesOf(`${jsonOf('A')}\n${jsonOf('B')}`), { maxBytes: 150 }],
  ])('refuses more %s than allowed', async (_, input, limits) => {
    await expect(build([input()], { limits })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it.each<[string, readonly AdvisoryInput[]]>([
    [
      'two inputs of one name',
      [
        { kind: 'records', name: 'a', records: [] },
        { kind: 'records', name: 'a', records: [] },
      ],
    ],
    ['a time that is none', [{ kind: 'records', name: 'a', records: [], updatedAt: 'May' }]],
    ['no name', [{ kind: 'records', name: '', records: [] }]],
  ])('refuses %s', async (_, inputs) => {
    await expect(build(inputs)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
  })

  it('says when its output cannot be written', async () => {
    const output = join(directory, 'missing', 'out.db')
    const input: AdvisoryInput = { kind: 'records', name: 'a', records: [record('A')] }
    await expect(build([input], { output })).rejects.toMatchObject({ code: 'DATA_UNAVAILABLE' })
  })

  it('ends with the reason of its signal, and leaves nothing behind', async () => {
    const abort = new AbortController()
    const records = function* (): Generator<OsvRecord> {
      for (let number = 0; ; number++) {
        if (number === 300) abort.abort('enough')
        yield record(`A-${number}`)
      }
    }
    const input: AdvisoryInput = { kind: 'records', name: 'a', records: records() }
    await expect(build([input], { signal: abort.signal })).rejects.toBe('enough')
    expect(readdirSync(directory)).toEqual([])
  })
})

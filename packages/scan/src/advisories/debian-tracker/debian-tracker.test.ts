import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { extensionOf } from '../advisory-extension.ts'
import { evaluateAffected } from '../evaluate-affected.ts'
import type { OsvRecord } from '../osv.schema.ts'
import { parseAdvisories } from '../parse-advisories.ts'
import { parseTrackerCve } from './parse-tracker-cve.ts'
import { parseTrackerJson } from './parse-tracker-json.ts'
import { parseTrackerList } from './parse-tracker-lists.ts'
import { type DebianRecordOptions, toDebianRecords } from './to-debian-records.ts'
import type { TrackerNote } from './tracker-note.ts'

async function notesOf(text: string): Promise<readonly TrackerNote[]> {
  const notes: TrackerNote[] = []
  for await (const note of parseTrackerList(text, { source: 'list' })) notes.push(note)
  return notes
}

/** What a record says of a package in a release: the events and our extension without the kind of name. */
function statement(records: readonly OsvRecord[], release: string, name: string) {
  const affected = records
    .flatMap((record) => record.affected ?? [])
    .find((each) => each.package?.ecosystem === `Debian:${release}` && each.package.name === name)
  if (affected === undefined) return undefined
  const { name: kind, ...extension } = extensionOf(affected)
  expect(kind).toBe('source')
  return { events: affected.ranges?.[0]?.events, ...extension }
}

const open = [{ introduced: '0' }]
const until = (fixed: string) => [{ introduced: '0' }, { fixed }]

describe('the lists of Debian’s tracker', () => {
  const line = (text: string, options: DebianRecordOptions = {}) =>
    notesOf(`CVE-2024-1000 (something)\n${text}`).then((notes) =>
      statement(toDebianRecords(notes, options), '12', 'glibc'),
    )

  it.each([
    ['a fix of the release', '\t[bookworm] - glibc 2.36-9+deb12u1', { events: until('2.36-9+deb12u1') }],
    ['not affected', '\t[bookworm] - glibc <not-affected> (Later)', { status: 'not-affected' }],
    ['a fix at 0', '\t[bookworm] - glibc 0', { status: 'not-affected' }],
    [
      'no advisory',
      '\t[bookworm] - glibc <no-dsa> (Minor)',
      { events: open, fixState: 'not-fixed', reason: 'no-dsa' },
    ],
    [
      'ignored',
      '\t[bookworm] - glibc <ignored> (Minor)',
      { events: open, fixState: 'wont-fix', reason: 'ignored' },
    ],
    [
      'postponed',
      '\t[bookworm] - glibc <postponed> (x)',
      { events: open, fixState: 'deferred', reason: 'postponed' },
    ],
    [
      'end of life',
      '\t[bookworm] - glibc <end-of-life> (x)',
      { events: open, fixState: 'end-of-life', reason: 'end-of-life' },
    ],
    [
      'nobody knows',
      '\t- glibc <undetermined>',
      { events: open, status: 'undetermined', fixState: 'unknown', reason: 'undetermined' },
    ],
    [
      'unfixed in unstable',
      '\t- glibc <unfixed> (bug #1)',
      { events: open, fixState: 'not-fixed', reason: 'unfixed' },
    ],
    [
      'removed from unstable',
      '\t- glibc <removed>',
      { events: open, fixState: 'not-fixed', reason: 'removed' },
    ],
    [
      'a fix of unstable, which may not have come to the release',
      '\t- glibc 2.38-1',
      { events: until('2.38-1'), fixState: 'unknown', reason: 'fixed in unstable' },
    ],
    [
      'the release’s own line before that of unstable',
      '\t- glibc 2.38-1\n\t[bookworm] - glibc <not-affected> (x)',
      { status: 'not-affected' },
    ],
    [
      'a point release after all, whatever stands beside it',
      '\t[bookworm] - glibc <no-dsa> (x)\n\t[bookworm] - glibc 2.36-9+deb12u2\n\t[bookworm] - glibc 2.36-9+deb12u1',
      { events: until('2.36-9+deb12u2') },
    ],
    ['another release alone', '\t[bullseye] - glibc <unfixed>', undefined],
    ['a package that Debian does not have', '\t- glibc <itp> (bug #1)', undefined],
    ['remarks', '\tRESERVED\n\tNOTE: https://x\n\tTODO: check\n\tNOT-FOR-US: x\n\t{DSA-1-1}', undefined],
  ])('%s', async (_, text, expected) => {
    expect(await line(text)).toEqual(expected === undefined ? undefined : { events: undefined, ...expected })
  })

  it.each([
    ['older: not fixed in the release', '2.36-9', { fixState: 'not-fixed', reason: 'fixed in unstable' }],
    ['the same: fixed', '2.38-1', {}],
    ['newer: fixed', '2.41-1', {}],
  ])('the release’s version is %s', async (_, version, rest) => {
    expect(await line('\t- glibc 2.38-1', { releaseVersion: () => version })).toEqual({
      events: until('2.38-1'),
      ...rest,
    })
  })

  it('the urgency of unstable’s line is that of the package', async () => {
    const [record] = toDebianRecords(await notesOf('CVE-2011-3374\n\t- apt <unfixed> (unimportant; bug #6)'))
    expect(record?.affected?.map((each) => each.ecosystem_specific?.['urgency'])).toEqual(
      Array.from({ length: 4 }, () => 'unimportant'),
    )
  })

  it('an advisory fixes each of its CVEs in the releases that it names', async () => {
    const text =
      '[01 Jan 2024] DSA-1-1 glibc - security update\n\t{CVE-2024-1 CVE-2024-1000 CVE-2024-2000}\n\t[bookworm] - glibc 2.36-9+deb12u1\n'
    const records = toDebianRecords([
      ...(await notesOf('CVE-2024-1000\n\t[bookworm] - glibc <no-dsa>')),
      ...(await notesOf(text)),
    ])
    expect(records.map(({ id }) => id)).toEqual(['DEBIAN-CVE-2024-1000', 'DEBIAN-CVE-2024-2000'])
    expect(statement(records, '12', 'glibc')).toEqual({ events: until('2.36-9+deb12u1') })
  })

  it.each([
    ['CVE-2024-1000\n\tsurprise', 'list, line 2'],
    ['CVE-2024-1000\nsurprise', 'list, line 2'],
  ])('%j is refused with its line', async (text, where) => {
    await expect(notesOf(text)).rejects.toMatchObject({
      code: 'ADVISORIES_INVALID',
      message: expect.stringContaining(where),
    })
  })

  it('more bytes than allowed are refused', async () => {
    const reading = parseTrackerList('x'.repeat(20), { source: 'list', maxBytes: 10 }).next()
    await expect(reading).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })
})

describe('parseTrackerJson', () => {
  const parse = (value: unknown) => {
    const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
    const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, index) =>
      bytes.subarray(index * 7, index * 7 + 7),
    )
    return parseTrackerJson(pieces, { source: 'data.json' })
  }
  const release = (entry: object) =>
    parse({
      'a"{': {},
      glibc: { 'CVE-2024-1000': { scope: 'remote', releases: { bookworm: entry, sid: entry } } },
    })

  it.each([
    [{ status: 'resolved', fixed_version: '1.0' }, { events: until('1.0') }],
    [{ status: 'resolved', fixed_version: '0' }, { status: 'not-affected' }],
    [{ status: 'open' }, { events: open, fixState: 'not-fixed', reason: 'open' }],
    [
      { status: 'open', nodsa: 'Minor', nodsa_reason: '' },
      { events: open, fixState: 'not-fixed', reason: 'no-dsa' },
    ],
    [
      { status: 'open', nodsa: 'x', nodsa_reason: 'ignored' },
      { events: open, fixState: 'wont-fix', reason: 'ignored' },
    ],
    [
      { status: 'open', nodsa: 'x', nodsa_reason: 'postponed' },
      { events: open, fixState: 'deferred', reason: 'postponed' },
    ],
    [
      { status: 'open', urgency: 'end-of-life' },
      { events: open, fixState: 'end-of-life', reason: 'end-of-life' },
    ],
    [
      { status: 'undetermined' },
      { events: open, status: 'undetermined', fixState: 'unknown', reason: 'undetermined' },
    ],
  ])('%j', async (entry, expected) => {
    const records = await release(entry)
    expect(records).toMatchObject([{ id: 'DEBIAN-CVE-2024-1000', upstream: ['CVE-2024-1000'] }])
    expect(records[0]?.affected).toHaveLength(1)
    expect(statement(records, '12', 'glibc')).toEqual({ events: undefined, ...expected })
  })

  it('joins the packages of one vulnerability', async () => {
    const entry = { 'CVE-2024-1000': { releases: { bookworm: { status: 'open' } } } }
    expect(await parse({ a: entry, b: entry })).toMatchObject([
      { affected: [{ package: { name: 'a' } }, { package: { name: 'b' } }] },
    ])
  })

  it.each([
    '',
    '[]',
    '{"a":{}',
    '{"a":{}} {',
    '{"a"}',
    '{"a":{"CVE-2024-1000":{"releases":{"bookworm":{"status":"odd"}}}}}',
    '\xff"',
  ])('refuses %j', async (text) => {
    await expect(parse(text)).rejects.toMatchObject({ code: 'ADVISORIES_INVALID' })
  })
})

const data = new URL('../../../../../../shared/data/scan/advisories/debian/', import.meta.url)

describe.skipIf(!existsSync(data))('Debian’s own files (skipped where the data folder is absent)', () => {
  it.each([
    ['DSA-list.txt', 23_318],
    ['DLA-list.txt', 11_002],
  ])('%s gives %i notes, and records that the schema takes', async (file, count) => {
    const notes = await notesOf(readFileSync(new URL(file, data), 'utf8'))
    expect(notes).toHaveLength(count)
    const records = toDebianRecords(notes)
    expect(parseAdvisories(records, { source: file })).toHaveLength(records.length)
  })

  it('the seven records of aqua’s form say what the tracker says', () => {
    const notes = readdirSync(new URL('tracker/', data)).flatMap((file) =>
      parseTrackerCve(readFileSync(new URL(`tracker/${file}`, data), 'utf8'), file),
    )
    const records = toDebianRecords(notes, { releases: ['bullseye', 'bookworm'] })
    const of = (cve: string) => records.filter(({ id }) => id === `DEBIAN-${cve}`)
    expect(statement(of('CVE-2024-3094'), '12', 'xz-utils')).toMatchObject({ status: 'not-affected' })
    expect(statement(of('CVE-2025-0395'), '12', 'glibc')).toMatchObject({
      fixState: 'not-fixed',
      reason: 'no-dsa',
    })
    expect(statement(of('CVE-2025-0395'), '11', 'glibc')).toMatchObject({ fixState: 'deferred' })
    expect(statement(of('CVE-2019-8457'), '11', 'db5.3')).toMatchObject({ fixState: 'wont-fix' })
    expect(statement(of('CVE-2023-45853'), '12', 'minizip')).toMatchObject({
      events: open,
      reason: 'removed',
    })
    expect(statement(of('CVE-2011-3374'), '12', 'apt')).toMatchObject({ events: open, fixState: 'not-fixed' })
    const zlib = of('CVE-2023-45853')[0]?.affected?.find((each) => each.package?.name === 'zlib')
    expect(evaluateAffected('deb', '1:1.2.13.dfsg-1', zlib ?? {})).toMatchObject({ status: 'affected' })
    expect(evaluateAffected('deb', '1:1.3.dfsg-2', zlib ?? {})).toEqual({ status: 'not-affected' })
  })

  it.each(['{', '{}', '{"Header":{"ID":""}}'])('a file of that form like %j is refused', (text) => {
    expect(() => parseTrackerCve(text, 'x.json')).toThrow(
      expect.objectContaining({ code: 'ADVISORIES_INVALID' }),
    )
  })
})

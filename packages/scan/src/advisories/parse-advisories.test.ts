import { describe, expect, it } from 'vitest'
import { createAdvisoryIndex } from './advisory-index.ts'
import { parseAdvisories } from './parse-advisories.ts'

const source = 'advisories.json'
const record = (id: string, rest: object = {}) => ({ id, modified: '2026-01-01T00:00:00Z', ...rest })

describe('parseAdvisories', () => {
  const records = [record('A-1'), record('A-2')]

  it.each([
    ['a JSON array', JSON.stringify(records)],
    ['an indented JSON array', JSON.stringify(records, undefined, 2)],
    ['JSON Lines with blank lines', `${JSON.stringify(records[0])}\n\n${JSON.stringify(records[1])}\n`],
    ['JSON Lines with CRLF', records.map((each) => JSON.stringify(each)).join('\r\n')],
    ['bytes', Buffer.from(JSON.stringify(records))],
    ['bytes with a byte order mark', Buffer.from(`\uFEFF${JSON.stringify(records)}`)],
    ['values', records],
  ])('reads %s', (_, input) => {
    expect(parseAdvisories(input, { source }).map(({ id }) => id)).toEqual(['A-1', 'A-2'])
  })

  it('reads one record over several lines', () => {
    expect(parseAdvisories(JSON.stringify(records[0], undefined, 2), { source })).toHaveLength(1)
  })

  it.each(['', ' \n ', '[]'])('gives no record for %j, which a scanner then refuses', (input) => {
    expect(parseAdvisories(input, { source })).toEqual([])
  })

  it('drops fields that it does not know', () => {
    expect(parseAdvisories([record('A-1', { details: 'x', future: {} })], { source })).toEqual([
      record('A-1'),
    ])
  })

  it.each([
    ['a broken line', '{"id":"A-1"}\n{"id":\n', /^advisories\.json, line 2: not JSON/],
    ['a record without id', '{"id":"A-1"}\n{"aliases":[]}', /^advisories\.json, line 2: .*id/s],
    [
      'a wrong field',
      JSON.stringify([record('A-1'), record('A-2', { aliases: 'x' })]),
      /record 2 \(A-2\): .*aliases/s,
    ],
    [
      'a date that is none',
      JSON.stringify([record('A-1', { withdrawn: 'yes' })]),
      /record 1 \(A-1\): .*withdrawn/s,
    ],
    ['no records at all', '"text"', /line 1: .*expected object/],
    ['bytes that are no text', new Uint8Array([0x5b, 0xff, 0x5d]), /not UTF-8/],
    ['a value that is none', 42, /expected OSV records/],
    [
      'a range without events',
      [record('A-1', { affected: [{ ranges: [{ type: 'SEMVER', events: [] }] }] })],
      /events/,
    ],
    [
      'an event that says two things',
      [
        record('A-1', {
          affected: [{ ranges: [{ type: 'SEMVER', events: [{ introduced: '0', fixed: '1' }] }] }],
        }),
      ],
      /exactly one/,
    ],
  ])('names source and place of %s', (_, input, message) => {
    expect(() => parseAdvisories(input, { source })).toThrow(
      expect.objectContaining({
        name: 'ScanError',
        code: 'ADVISORIES_INVALID',
        message: expect.stringMatching(message),
      }),
    )
  })

  it('limits size and number', () => {
    expect(() => parseAdvisories(JSON.stringify(records), { source, maxBytes: 10 })).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    )
    expect(() => parseAdvisories(records, { source, maxRecords: 1 })).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    )
  })
})

describe('createAdvisoryIndex', () => {
  const affected = (ecosystem: string, name: string) => ({ affected: [{ package: { ecosystem, name } }] })
  const ids = (list: readonly { readonly record: { readonly id: string } }[]) =>
    list.map(({ record: { id } }) => id)

  it('finds by ecosystem and name, PyPI names by PEP 503, npm names as they stand', () => {
    const index = createAdvisoryIndex([
      record('P-1', affected('PyPI', 'Foo.Bar_Baz')),
      record('N-1', affected('npm', 'JSONStream')),
    ])
    expect(ids(index.find('PyPI', 'foo-bar--baz'))).toEqual(['P-1'])
    expect(ids(index.find('npm', 'JSONStream'))).toEqual(['N-1'])
    expect(index.find('npm', 'jsonstream')).toEqual([])
    expect(index.find('PyPI', 'constructor')).toEqual([])
    expect([index.size, index.count('npm'), index.count('Go')]).toEqual([2, 1, 0])
  })

  it('leaves withdrawn records out, of identities too', () => {
    const index = createAdvisoryIndex([
      record('G-1', {
        ...affected('npm', 'a'),
        aliases: ['CVE-2024-1000'],
        withdrawn: '2026-01-02T00:00:00Z',
      }),
    ])
    expect([index.size, index.find('npm', 'a'), index.aliasesOf('G-1')]).toEqual([0, [], ['G-1']])
  })

  it('follows chains of aliases, but not through advisories that bundle several', () => {
    const index = createAdvisoryIndex([
      record('PYSEC-2024-1', { aliases: ['GHSA-aaaa-bbbb-cccc'] }),
      record('GHSA-aaaa-bbbb-cccc', { aliases: ['CVE-2024-1000', 'DSA-1-1'] }),
      record('DSA-1-1', { aliases: ['CVE-2024-1000', 'CVE-2024-2000'] }),
      record('DEBIAN-CVE-2024-1000', { upstream: ['CVE-2024-1000'] }),
    ])
    expect([...index.aliasesOf('PYSEC-2024-1')].sort()).toEqual([
      'CVE-2024-1000',
      'DEBIAN-CVE-2024-1000',
      'GHSA-aaaa-bbbb-cccc',
      'PYSEC-2024-1',
    ])
    expect(index.aliasesOf('CVE-2024-2000')).toEqual(['CVE-2024-2000'])
  })

  it('has a digest that depends on the records and not on their order', () => {
    const [a, b] = [record('A-1'), record('A-2', { modified: '2026-02-01T00:00:00+02:00' })]
    expect(createAdvisoryIndex([a, b]).digest).toBe(createAdvisoryIndex([b, a]).digest)
    expect(createAdvisoryIndex([a]).digest).not.toBe(createAdvisoryIndex([b]).digest)
    expect(createAdvisoryIndex([a, b]).updatedAt).toBe('2026-02-01T00:00:00+02:00')
  })
})

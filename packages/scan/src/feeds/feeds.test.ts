import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createAdvisoryIndex } from '../advisories/advisory-index.ts'
import { parseEpss } from './parse-epss.ts'
import { parseKev } from './parse-kev.ts'

const source = 'kev.json'
const entry = (cveID: string, rest: object = {}) => ({
  cveID,
  dateAdded: '2026-01-02',
  dueDate: '2026-02-03',
  ...rest,
})
const catalogue = (vulnerabilities: readonly object[], rest: object = {}): string =>
  JSON.stringify({
    catalogVersion: '2026.01.02',
    dateReleased: '2026-01-02T17:04:19.9796Z',
    count: vulnerabilities.length,
    vulnerabilities,
    ...rest,
  })

describe('parseKev', () => {
  it.each([
    ['Known', true],
    ['Unknown', false],
    ['Perhaps', undefined],
    [undefined, undefined],
  ])('reads the use in ransomware %s as %s', (use, ransomware) => {
    const kev = parseKev(catalogue([entry('CVE-2026-0001', { knownRansomwareCampaignUse: use })]), { source })
    expect(kev).toMatchObject({ updatedAt: '2026-01-02T17:04:19.9796Z', version: '2026.01.02' })
    expect(kev.entries.get('CVE-2026-0001')).toEqual({
      dateAdded: '2026-01-02',
      dueDate: '2026-02-03',
      ...(ransomware === undefined ? {} : { ransomware }),
    })
  })

  it.each([
    ['no JSON', '{'],
    ['another document', '[]'],
    ['no entry', catalogue([])],
    ['fewer entries than it counts', catalogue([entry('CVE-2026-0001')], { count: 2 })],
    ['an entry twice', catalogue([entry('CVE-2026-0001'), entry('CVE-2026-0001')])],
    ['an id that is none', catalogue([entry('CVE-26-1')])],
    ['a date that is none', catalogue([entry('CVE-2026-0001', { dateAdded: 'May' })])],
    ['bytes that are no text', Buffer.from([0x22, 0xff, 0x22])],
  ])('refuses %s', (_, text) => {
    expect(() => parseKev(text, { source })).toThrow(expect.objectContaining({ code: 'FEED_INVALID' }))
  })

  it('refuses more bytes than allowed', () => {
    expect(() => parseKev('{}', { source, maxBytes: 1 })).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    )
  })

  const published = new URL(
    '../../../../../shared/data/scan/feeds/kev/known_exploited_vulnerabilities.json',
    import.meta.url,
  )
  it.skipIf(!existsSync(published))(
    'reads the published catalogue (skipped where the data folder is absent)',
    () => {
      const kev = parseKev(readFileSync(published), { source })
      expect(kev.entries.size).toBe(1404)
      expect(kev.entries.get('CVE-2021-44228')).toEqual({
        dateAdded: '2021-12-10',
        dueDate: '2021-12-24',
        ransomware: true,
      })
    },
  )
})

const head = '#model_version:v2025.03.14,score_date:2026-01-02T12:55:00Z\ncve,epss,percentile\n'

describe('parseEpss', () => {
  const text = `${head}CVE-2020-0001,0.94358,0.99951\nCVE-2020-0002,0,1.0\n`

  it.each<[string, () => Uint8Array | AsyncIterable<Uint8Array>]>([
    ['compressed', () => gzipSync(text)],
    ['plain', () => Buffer.from(text)],
    ['with CRLF and no last line end', () => Buffer.from(text.trimEnd().replaceAll('\n', '\r\n'))],
    [
      'in pieces of one byte',
      async function* () {
        for (const byte of gzipSync(text)) yield Uint8Array.of(byte)
      },
    ],
  ])('reads scores that come %s', async (_, content) => {
    const epss = await parseEpss(content(), { source: 'epss.csv.gz' })
    expect(epss).toMatchObject({ updatedAt: '2026-01-02T00:00:00Z', modelVersion: 'v2025.03.14' })
    expect([...epss.scores]).toEqual([
      ['CVE-2020-0001', { probability: 0.94358, percentile: 0.99951, date: '2026-01-02' }],
      ['CVE-2020-0002', { probability: 0, percentile: 1, date: '2026-01-02' }],
    ])
  })

  it.each([
    ['nothing', '', 1],
    ['no head', 'cve,epss,percentile\n', 1],
    ['other columns', head.replace('percentile', 'rank'), 2],
    ['no score', head, 3],
    ['a score above 1', `${head}CVE-2020-0001,1.5,0\n`, 3],
    ['a score below 0', `${head}CVE-2020-0001,-0.5,0\n`, 3],
    ['a score that is no number', `${head}CVE-2020-0001,NaN,0\n`, 3],
    ['a line that was cut', `${head}CVE-2020-0001,0.5,0.5\nCVE-2020-00`, 4],
    ['a score twice', `${head}CVE-2020-0001,0.5,0.5\nCVE-2020-0001,0.6,0.6\n`, 4],
  ])('refuses %s, and names the line', async (_, content, line) => {
    await expect(parseEpss(Buffer.from(content), { source: 'epss.csv' })).rejects.toMatchObject({
      code: 'FEED_INVALID',
      message: expect.stringContaining(`epss.csv, line ${line}: `) as string,
    })
  })

  it('refuses a compressed file that was cut', async () => {
    const content = gzipSync(text)
    await expect(parseEpss(content.subarray(0, -9), { source: 'epss' })).rejects.toMatchObject({
      code: 'FEED_INVALID',
    })
  })

  it.each([
    ['bytes once decompressed', { maxBytes: 1000 }, gzipSync(head + '\0'.repeat(1_000_000))],
    ['scores', { maxScores: 1 }, Buffer.from(text)],
    ['bytes in a line', {}, Buffer.from(head + 'x'.repeat(2000))],
  ])('refuses more %s than allowed', async (_, limits, content) => {
    await expect(parseEpss(content, { source: 'epss', ...limits })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
  })

  it('passes on why its bytes ended, and the reason of its signal', async () => {
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield gzipSync(text).subarray(0, 20)
      throw new Error('connection lost')
    }
    await expect(parseEpss(failing(), { source: 'epss' })).rejects.toThrow('connection lost')
    const signal = AbortSignal.abort('enough')
    await expect(parseEpss(Buffer.from(text), { source: 'epss', signal })).rejects.toBe('enough')
  })
})

describe('createAdvisoryIndex', () => {
  it('knows exploitation only where it was given that', async () => {
    const kev = parseKev(catalogue([entry('CVE-2026-0001')]), { source })
    const epss = await parseEpss(Buffer.from(`${head}CVE-2026-0001,0.5,0.6\n`), { source: 'epss' })
    const index = createAdvisoryIndex([], { kev, epss })
    expect(index.kev?.('CVE-2026-0001')?.dateAdded).toBe('2026-01-02')
    expect(index.epss?.('CVE-2026-0001')?.probability).toBe(0.5)
    expect(index.kev?.('CVE-2026-0002')).toBeUndefined()
    expect(createAdvisoryIndex([])).not.toHaveProperty('kev')
  })
})

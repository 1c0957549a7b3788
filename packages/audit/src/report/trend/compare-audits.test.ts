import { stripVTControlCharacters } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { auditClasses } from '../../audit-class.ts'
import type { AuditRecord } from '../../audit-record.ts'
import {
  digest,
  hostileRecords,
  hostileSummary,
  inOrder,
  recordOf,
  streamed,
  summaryOf,
} from '../audit.fixture.ts'
import { compareAudits } from './compare-audits.ts'
import { describeTrend, renderHistoryHtml, renderTrendHtml, renderTrendText } from './render-trend.ts'
import { streamChanges } from './stream-changes.ts'

const compare = (before: readonly AuditRecord[], after: readonly AuditRecord[], maxChanges = 100) =>
  compareAudits(
    { summary: summaryOf(), records: streamed(before) },
    { summary: summaryOf(), records: streamed(after) },
    { maxChanges },
  )
const all = async (before: readonly AuditRecord[], after: readonly AuditRecord[]) =>
  Array.fromAsync(streamChanges(streamed(before), streamed(after)))

describe('streamChanges', () => {
  it.each([
    ['compliant', 'unsigned', 'worse'],
    ['no-sbom', 'error', 'worse'],
    ['unsigned', 'compliant', 'better'],
    ['error', 'unsigned', 'better'],
    ['unsigned', 'unsigned', 'unchanged'],
  ] as const)('calls %s then %s %s', async (then, now, kind) => {
    expect(await all([recordOf({ class: then })], [recordOf({ class: now })])).toMatchObject([{ kind }])
  })

  it('finds what any two lists have in one only, by repository and digest', async () => {
    const key = fc.tuple(
      fc.constantFrom('a', 'a/b', 'a-b', 'b', '\u{1f600}', '\uffee'),
      fc.nat(8),
      fc.constantFrom(...auditClasses),
    )
    const list = fc
      .uniqueArray(key, { selector: ([repository, index]) => `${repository}@${index}` })
      .map((keys) =>
        inOrder(
          keys.map(([repository, index, each]) =>
            recordOf({ repository, digest: digest(index), class: each }),
          ),
        ),
      )
    await fc.assert(
      fc.asyncProperty(list, list, async (before, after) => {
        const name = ({ repository, digest: of }: AuditRecord) => `${repository}@${of}`
        const then = new Map(before.map((record) => [name(record), record.class!]))
        const now = new Map(after.map((record) => [name(record), record.class!]))
        const expected = [...new Set([...then.keys(), ...now.keys()])].map((key) => {
          const [one, other] = [then.get(key), now.get(key)]
          if (one === undefined) return `new ${key}`
          if (other === undefined) return `gone ${key}`
          if (one === other) return `unchanged ${key}`
          return `${auditClasses.indexOf(other) < auditClasses.indexOf(one) ? 'worse' : 'better'} ${key}`
        })
        const found = (await all(before, after)).map(({ kind, record }) => `${kind} ${name(record)}`)
        expect(found.sort()).toEqual(expected.sort())
      }),
    )
  })

  it('leaves out what is not judged', async () => {
    const evidence = recordOf({ role: 'evidence', class: undefined })
    expect(await all([evidence], [])).toEqual([])
    expect(await all([evidence], [recordOf()])).toMatchObject([{ kind: 'new' }])
  })

  it.each([
    ['out of order', [recordOf({ repository: 'b' }), recordOf({ repository: 'a' })]],
    ['twice', [recordOf(), recordOf()]],
  ])('refuses records that come %s', async (_, records) => {
    await expect(all([], records)).rejects.toMatchObject({ name: 'AuditError', code: 'REPORT_INVALID' })
    await expect(all(records, [])).rejects.toMatchObject({ code: 'REPORT_INVALID' })
  })

  it('holds one record of each, and closes both when left early', async () => {
    const closed: string[] = []
    async function* endless(name: string) {
      try {
        for (let index = 0; ; index++) {
          yield recordOf({ repository: `${name}${String(index).padStart(6, '0')}`, digest: digest(index) })
        }
      } finally {
        closed.push(name)
      }
    }
    let seen = 0
    for await (const _ of streamChanges(endless('a'), endless('b'))) if (++seen === 1_000) break
    expect(closed.sort()).toEqual(['a', 'b'])
  })
})

describe('compareAudits', () => {
  it('counts all and lists the most urgent', async () => {
    const before = inOrder(
      Array.from({ length: 50 }, (_, index) =>
        recordOf({ class: 'compliant', problems: [], digest: digest(index), deployments: [] }),
      ),
    )
    const after = before.map((record, index) => ({
      ...record,
      class: 'unsigned' as const,
      ...(index === 40 && { deployments: recordOf().deployments }),
    }))
    const trend = await compare(before, after, 3)
    expect(trend.counts).toEqual({ worse: 50, new: 0, better: 0, gone: 0, unchanged: 0 })
    expect(trend.changes.worse).toHaveLength(3)
    expect(trend.changes.worse[0]?.record.digest).toBe(before[40]!.digest)
  })

  it('counts what is new and flagged', async () => {
    const trend = await compare(
      [],
      [recordOf(), recordOf({ repository: 'z', class: 'compliant', problems: [] })],
    )
    expect(trend).toMatchObject({ newFlagged: 1, counts: { new: 2 } })
  })

  it.each([
    ['an audit is not finished', { finishedAt: undefined }, 'not finished: images may only seem gone'],
    [
      'a repository was not listed',
      { repositories: { audited: 0, skipped: 0, failed: 1, failures: [] } },
      'could not list 1 repository: their images may only seem gone',
    ],
    [
      'filters differ',
      { repositories: { audited: 1, skipped: 5, failed: 0, failures: [] } },
      'Filters left out 0 repositories then and 5 now',
    ],
    [
      'other parts were looked at',
      { scope: digest('other') },
      'did not look at the same: images may only seem new or gone',
    ],
    ['registries differ', { registry: 'other.example' }, 'prod.example and of other.example'],
  ])('warns when %s', async (_, changes, text) => {
    const trend = await compareAudits(
      { summary: summaryOf(), records: streamed([recordOf()]) },
      { summary: summaryOf(changes), records: streamed([]) },
    )
    expect(trend.caveats.join(' ')).toContain(text)
    for (const rendered of [describeTrend(trend), renderTrendHtml(trend).toString()])
      expect(rendered).toContain(text)
    expect((await compare([], [])).caveats).toEqual([])
  })
})

describe('renderTrendText', () => {
  it('says what became worse first', async () => {
    const trend = await compare(
      [recordOf({ class: 'compliant' })],
      [recordOf(), recordOf({ repository: 'z' })],
    )
    const text = renderTrendText(trend, { width: 200 })
    expect(text).toContain('1 worse, 0 better, 1 new (1 of them flagged), 0 gone, 0 as before')
    expect(text).toMatch(/Worse\n[^]*compliant +unsigned +team\/app:1\.4 +eu\/shop\/cart \(main\)\n\nNew\n/)
    expect(stripVTControlCharacters(renderTrendText(trend, { width: 200, color: true }))).toBe(text)
  })

  it('sends nothing to the terminal, and nothing into a page, that a name holds', async () => {
    const trend = await compareAudits(
      { summary: hostileSummary(), records: streamed([]) },
      { summary: hostileSummary(), records: streamed(hostileRecords()) },
    )
    expect(renderTrendText(trend)).not.toMatch(/[^\P{Cc}\n]|\p{Cf}|\p{Cs}/u)
    expect(renderTrendHtml(trend).toString()).not.toMatch(/<(?:script|img|iframe)|[^\P{Cc}\n]|\p{Cf}/u)
  })
})

describe('renderHistoryHtml', () => {
  it('shows audits from the earliest, with their numbers', () => {
    const page = renderHistoryHtml([
      summaryOf({ startedAt: '2026-11-25T00:00:00Z', classes: { unsigned: 1, compliant: 3 } }),
      summaryOf({ startedAt: '2026-11-18T00:00:00Z', classes: { unsigned: 4 }, finishedAt: undefined }),
    ]).toString()
    expect(page.indexOf('2026-11-18')).toBeLessThan(page.indexOf('2026-11-25'))
    expect(page).toContain('(not finished)')
    expect(page.match(/<rect[^>]* y=/g)).toHaveLength(3)
    expect(page).toMatch(/height="160"[^]*class="t-bad"/)
  })
})

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { auditClasses } from '../../audit-class.ts'
import type { AuditRecord } from '../../audit-record.ts'
import {
  digest,
  fullRecord,
  hostileRecords,
  hostileSummary,
  hostileTexts,
  joined,
  recordOf,
  streamed,
  summaryOf,
} from '../audit.fixture.ts'
import { compareAudits } from '../trend/compare-audits.ts'
import { dataElement, detailsOf, packDetails, rowOf } from './records-data.ts'
import { renderAuditHtml, type RenderAuditHtmlOptions } from './render-html.ts'

const render = (records: readonly AuditRecord[], options?: RenderAuditHtmlOptions, summary = summaryOf()) =>
  joined(renderAuditHtml(summary, streamed(records), options))
const dataOf = (page: string, name: string): unknown[] =>
  [...page.matchAll(new RegExp(`data-audit="${name}">([^<]*)</script>`, 'g'))].map(([, json]) =>
    JSON.parse(json!),
  )
const many = (number: number, changes: Partial<AuditRecord> = {}) =>
  Array.from({ length: number }, (_, index) => recordOf({ ...changes, digest: digest(index) }))

describe('renderAuditHtml', () => {
  it('forbids everything but its own styles and scripts', async () => {
    const page = await render([recordOf()])
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]
    expect(policy).toMatch(
      /^default-src &#39;none&#39;; style-src(?: &#39;sha256-[\w+/=]{44}&#39;){2}; script-src(?: &#39;sha256-[\w+/=]{44}&#39;){2}; base-uri &#39;none&#39;; form-action &#39;none&#39;$/,
    )
    expect(page.replace(/<(script|style)\b[^]*?<\/\1>/g, '')).not.toMatch(/ style=| on\w+=|<link|<img|src=/)
  })

  it('makes no element and no attribute of a hostile name', async () => {
    const trend = await compareAudits(
      { summary: hostileSummary(), records: streamed([]) },
      { summary: hostileSummary(), records: streamed(hostileRecords()) },
    )
    const page = await render(hostileRecords(), { trend, earlier: [hostileSummary()] }, hostileSummary())
    expect(page.match(/<script>/g)).toHaveLength(2)
    expect(page.match(/<script /g)).toHaveLength(3)
    expect(page).not.toMatch(/<(?:img|iframe|object|embed|form|link|base)\b|<!--/)
    const rest = page.replace(/<(script|style)\b[^]*?<\/\1>/g, '')
    const tags = rest.match(/<[a-z][^>]*>/g) ?? []
    expect(tags.filter((tag) => / on\w+\s*=/.test(tag.replace(/"[^"]*"/g, '""')))).toEqual([])
    expect(page).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u)
  })

  it('has every record once, with its details', async () => {
    const page = await render(many(450))
    expect(dataOf(page, 'rows').flat()).toHaveLength(450)
    expect(
      dataOf(page, 'details').flatMap((block) => (block as { records: unknown[] }).records),
    ).toHaveLength(450)
  })

  it('keeps half of the room for flagged records, and says what is left out', async () => {
    const good = many(100, { class: 'compliant', problems: [] })
    const bad = many(100, { repository: 'z' })
    const page = await render([...good, ...bad], { maxRecords: 20 })
    const rows = dataOf(page, 'rows').flat() as unknown[][]
    expect(rows.filter(([place]) => auditClasses[place as number] === 'compliant')).toHaveLength(10)
    expect(rows).toHaveLength(20)
    expect(page).toContain('180 records did not fit on this page')
    expect(await render(good)).not.toContain('did not fit')
  })

  it('counts no audits of another registry among the earlier ones', async () => {
    const before = summaryOf({ startedAt: '2026-11-01T00:00:00.000Z', classes: { error: 7777 } })
    expect(await render([], { earlier: [before] })).toContain('7777')
    const page = await render([], { earlier: [{ ...before, registry: 'other.example' }] })
    expect(page).not.toContain('7777')
    expect(page).not.toContain('id="trend"')
  })

  it('names no digest where none is known', async () => {
    const page = await render([recordOf({ digest: undefined, role: 'unread', tags: ['x'] })])
    expect(page).not.toContain('@undefined')
    expect(JSON.stringify(dataOf(page, 'details'))).toContain('prod.example/team/app:x')
  })

  it('says in words what its charts show', async () => {
    const page = await render([recordOf(), recordOf({ class: 'compliant', problems: [], digest: digest(2) })])
    expect(page).toContain('aria-label="1 not trusted, 1 compliant"')
    expect(page).toContain('1 of 2 flagged, 1 running')
    expect(page).toContain('under 7 days')
  })

  it.each([
    ['it was interrupted', summaryOf({ finishedAt: undefined }), 'It did not get to its end.'],
    [
      'a repository failed',
      summaryOf({
        repositories: {
          audited: 0,
          skipped: 0,
          failed: 1,
          failures: [{ repository: 'r', code: 'DENIED', message: 'no' }],
        },
      }),
      '1 repository could not be listed',
    ],
  ])('says that it is not whole when %s', async (_, summary, text) => {
    expect(await render([], {}, summary)).toContain(text)
    expect(await render([])).not.toContain('This audit is not whole')
  })

  it('gives the same bytes for the same audit, and bytes as they come', async () => {
    expect(await render(hostileRecords())).toBe(await render(hostileRecords()))
    let read = 0
    async function* counted() {
      for (let index = 0; index < 100_000; index++) {
        read++
        yield recordOf({ digest: digest(index) })
      }
    }
    let parts = 0
    for await (const _ of renderAuditHtml(summaryOf(), counted())) if (++parts === 3) break
    expect(read).toBeLessThan(2_000)
  })
})

describe('dataElement', () => {
  it('holds any text, and ends where it should', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.constantFrom(...hostileTexts, '</script', '<!--<script>', ']]>'),
        ),
        (text) => {
          const element = dataElement('meta', [text])
          const json = element.slice(
            '<script type="application/json" data-audit="meta">'.length,
            -'</script>\n'.length,
          )
          expect(json).not.toMatch(/[<>&]/)
          expect(JSON.parse(json)).toEqual([text])
        },
      ),
    )
  })
})

describe('packDetails', () => {
  it('unpacks to the details, each text once', () => {
    const details = [fullRecord('x'), recordOf(), ...hostileRecords()].map(detailsOf)
    const { texts, records } = packDetails(details) as {
      texts: string[]
      records: [number, number[], number[][]][][]
    }
    const at = (place: number) => texts[place]
    expect(
      records.map((sections) =>
        sections.map(([title, columns, rows]) => [
          at(title),
          columns.map(at),
          rows.map((cells) => cells.map(at)),
        ]),
      ),
    ).toEqual(details)
    expect(new Set(texts).size).toBe(texts.length)
  })

  it('caps what one record may hold', () => {
    const evidence = Array.from({ length: 5_000 }, (_, index) => ({
      kind: 'signature' as const,
      store: 'bundle' as const,
      manifest: digest(index),
      verified: false,
    }))
    const tags = Array.from({ length: 5_000 }, (_, index) => `t${index}`)
    const record = recordOf({
      evidence,
      tags,
      problems: [{ class: 'unsigned', message: 'm'.repeat(100_000) }],
    })
    expect(JSON.stringify([rowOf(record), detailsOf(record)]).length).toBeLessThan(100_000)
    expect(JSON.stringify(detailsOf(record))).toContain('and 4800 more')
  })
})

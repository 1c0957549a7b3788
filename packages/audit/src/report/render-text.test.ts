import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { AuditRecord } from '../audit-record.ts'
import {
  digest,
  hostileRecords,
  hostileSummary,
  inOrder,
  recordOf,
  streamed,
  summaryOf,
} from './audit.fixture.ts'
import { renderAuditText, type RenderAuditTextOptions } from './render-text.ts'

const render = (records: readonly AuditRecord[], options?: RenderAuditTextOptions, summary = summaryOf()) =>
  renderAuditText(summary, streamed(records), options)

describe('renderAuditText', () => {
  it('names what is flagged and runs first, whatever its class', async () => {
    const text = await render(
      inOrder([
        recordOf({ class: 'error', deployments: [], tags: ['idle'], digest: digest(1) }),
        recordOf({ class: 'legacy-only', tags: ['runs'], digest: digest(2) }),
        recordOf({ class: 'compliant', problems: [], tags: ['good'], digest: digest(3) }),
      ]),
    )
    expect(text.indexOf('team/app:runs')).toBeGreaterThan(0)
    expect(text.indexOf('team/app:runs')).toBeLessThan(text.indexOf('team/app:idle'))
    expect(text).not.toContain('team/app:good')
    expect(text).toContain('eu/shop/cart (main)')
    expect(text).toContain('2 flagged in 1 repository, 1 of them known to run.')
  })

  it('says what was not looked at, however good the rest is', async () => {
    const filters = {
      repositories: ['prod/*', 'base/*'],
      tags: ['v*'],
      pushedAfter: '2026-01-01',
      pushedBefore: '2026-02-01',
      pulledAfter: '2026-03-01',
      pulledBefore: '2026-04-01',
    }
    const text = await render([], { width: 400 }, summaryOf({ filters, classes: { compliant: 1 } }))
    expect(text).toContain(
      'Only what was asked for: repositories prod/*, base/*; tags v*; pushed from 2026-01-01, before 2026-02-01; last pulled from 2026-03-01, before 2026-04-01.',
    )
    const many = Array.from({ length: 25 }, (_, index) => `t${index}`)
    expect(await render([], { width: 400 }, summaryOf({ filters: { tags: many } }))).toContain(
      't18, t19 and 5 more.',
    )
    expect(await render([], {}, summaryOf({ filters: {} }))).not.toContain('Only what')
  })

  it('ranks repositories by what runs, then by what is flagged', async () => {
    const records = ['a', 'b', 'c'].flatMap((repository, place) =>
      Array.from({ length: place + 1 }, (_, index) =>
        recordOf({
          repository,
          digest: digest(`${repository}${index}`),
          ...(repository !== 'a' && { deployments: [] }),
        }),
      ),
    )
    const text = await render(inOrder(records), { maxRows: 2 })
    const table = text.slice(text.indexOf('Worst repositories'))
    expect(table).toMatch(/\(2 of 3\)[^]*\na +1 +1 +1 +unsigned\nc +3 +0 +3 +unsigned\n/)
    expect(table).not.toMatch(/\nb /)
  })

  it('has the same words with and without colours, and no escape without', async () => {
    const plain = await render([recordOf()])
    const colored = await render([recordOf()], { color: true })
    expect(plain).not.toContain('\u001b')
    expect(colored).toContain('\u001b[31munsigned\u001b[39m')
    expect(stripVTControlCharacters(colored)).toBe(plain)
  })

  it.each([50, 80, 120])('stays within %i columns, hostile names or not', async (width) => {
    for (const line of (await render(hostileRecords(), { width }, hostileSummary())).split('\n')) {
      expect(line.length).toBeLessThanOrEqual(width)
    }
  })

  it.each([true, false])('sends nothing to the terminal that a name holds (colours: %s)', async (color) => {
    const text = stripVTControlCharacters(
      await render(hostileRecords(), { color, width: 400 }, hostileSummary()),
    )
    expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Cf}|\p{Cs}|\p{Zl}|\p{Zp}/u)
    expect(text).toContain(String.raw`\u{1b}[2J`)
  })

  it('says when it is not all, and when nobody told what runs', async () => {
    const text = await render(
      [recordOf({ deployments: undefined })],
      {},
      summaryOf({ finishedAt: undefined }),
    )
    expect(text).toContain('not finished: what is here is not all.')
    expect(text).toContain('where they run was not told')
  })

  it('does not call nothing good', async () => {
    expect(await render([], {}, summaryOf({ classes: {} }))).toContain('No image was judged.')
  })

  it('gives the same text for the same audit', async () => {
    expect(await render(hostileRecords())).toBe(await render(hostileRecords()))
  })
})

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
import { renderAuditMarkdown, type RenderAuditMarkdownOptions } from './render-markdown.ts'
import { compareAudits } from './trend/compare-audits.ts'

const render = (
  records: readonly AuditRecord[],
  options?: RenderAuditMarkdownOptions,
  summary = summaryOf(),
) => renderAuditMarkdown(summary, streamed(records), options)

describe('renderAuditMarkdown', () => {
  it('says how many, what to do, and what first', async () => {
    const text = await render([recordOf()])
    expect(text).toContain('## Audit of prod.example')
    expect(text).toContain(
      '| [unsigned](https://sallyport.dev/docs/guides/audit.md#unsigned) | 1 | Find out who pushed it.',
    )
    expect(text).toContain(
      '- **unsigned** <code>team/app:1.4</code> (image linux/amd64), **runs in eu/shop/cart &#40;main&#41;**',
    )
    expect(text).not.toContain('Left out')
  })

  it('makes no markup, link, mention or reference of a hostile name', async () => {
    const trend = await compareAudits(
      { summary: hostileSummary(), records: streamed([]) },
      { summary: hostileSummary(), records: streamed(hostileRecords()) },
    )
    const text = await render(hostileRecords(), { trend }, hostileSummary())
    const ours = text
      .replace(/^\|.*\|$/gm, '')
      .replace(/^## |\*\*|^- /gm, '')
      .replace(/^_Left out for size.*_$/m, '')
      .replace(/<\/?(?:details|summary|code)>/g, '')
      .replace(/&#\d+;/g, '')
    expect(ours).not.toMatch(/[<>`[\]|@$\\{}~!#*]/)
    expect(ours).not.toMatch(/:\/\/|www\./)
    expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u)
    expect(text.match(/<details>/g)?.length).toBe(text.match(/<\/details>/g)?.length)
  })

  it.each([4_000, 8_000, 60_000])('stays below %i bytes and counts what it leaves out', async (maxBytes) => {
    const records = inOrder(
      Array.from({ length: 2_000 }, (_, index) =>
        recordOf({ repository: `team/app-${index}`, digest: digest(index) }),
      ),
    )
    const text = await render(records, { maxBytes, maxRows: 2_000 })
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes)
    const left = Number(/Left out for size: .*?(\d+) images/.exec(text)?.[1])
    expect(left + (text.match(/\*\*unsigned\*\*/g)?.length ?? 0)).toBe(2_000)
  })

  it('does not call nothing good', async () => {
    expect(await render([], {}, summaryOf({ classes: {} }))).toContain('No image was judged.')
  })
})

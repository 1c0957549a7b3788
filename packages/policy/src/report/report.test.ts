import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decisionOf, hostileDecision, manyFindings, reasonOf } from '../explain/decision.fixture.ts'
import { markup } from './markup.ts'
import { linkAdvisory } from './link-advisory.ts'
import { renderHtml } from './render-html.ts'
import { decisionJsonSchema, parseDecision, renderJson } from './render-json.ts'
import { renderMarkdown } from './render-markdown.ts'
import { renderSarif } from './render-sarif.ts'

const shuffled = JSON.parse(renderJson(decisionOf())) as ReturnType<typeof decisionOf>

describe.each([
  ['renderMarkdown', renderMarkdown],
  ['renderJson', renderJson],
  ['renderSarif', renderSarif],
  ['renderHtml', renderHtml],
])('%s', (_, render) => {
  it('gives the same bytes for the same decision, in whatever order its fields are', () => {
    expect(render(shuffled)).toBe(render(decisionOf()))
  })

  it('leaves the decision as it is', () => {
    const decision = hostileDecision()
    const before = structuredClone(decision)
    render(decision)
    expect(decision).toEqual(before)
  })
})

describe('markup', () => {
  it('escapes text and attributes', () => {
    expect(markup`<a title="${`"'<&>\``}">${'<b>'}</a>`.toString()).toBe(
      '<a title="&quot;&#39;&lt;&amp;&gt;&#96;">&lt;b&gt;</a>',
    )
  })

  it('takes only its own markup as markup', () => {
    const forged = { toString: () => '<b>' } as unknown as string
    expect(markup`${forged}${markup`<i>`}${['<', 1, undefined, false]}`.toString()).toBe('&lt;b&gt;<i>&lt;1')
  })
})

describe('linkAdvisory', () => {
  it.each([
    [
      'CVE-2023-45853',
      '<a href="https://www.cve.org/CVERecord?id=CVE-2023-45853" rel="noreferrer">CVE-2023-45853</a>',
    ],
    ['CVE-2023-45853"onclick="', '<code>CVE-2023-45853&quot;onclick=&quot;</code>'],
    ['javascript:alert(1)', '<code>javascript:alert(1)</code>'],
    ['GHSA-aaaa-bbbb-cccc\n', String.raw`<code>GHSA-aaaa-bbbb-cccc\n</code>`],
  ])('%s', (id, expected) => expect(linkAdvisory(id).toString()).toBe(expected))
})

describe('renderHtml', () => {
  it('forbids everything but its own style and script', () => {
    const page = renderHtml(decisionOf())
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]
    expect(policy).toMatch(
      /^default-src &#39;none&#39;; style-src &#39;sha256-[\w+/=]{44}&#39;; script-src &#39;sha256-[\w+/=]{44}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;$/,
    )
    expect(page).not.toMatch(/ style=| on\w+=|<link|<img|src=/)
  })

  it('makes no element and no attribute of a hostile name', () => {
    const page = renderHtml(hostileDecision())
    expect(page.match(/<script/g)).toHaveLength(1)
    expect(page).not.toMatch(/<(?:img|iframe|object|embed|form|link|base)\b/)
    expect(page).not.toMatch(/<svg(?! class="chart" (?:role="img"|aria-hidden="true") )/)
    const tags =
      page.replace(/<style>[^]*?<\/style>|<script>[^]*?<\/script>/g, '').match(/<[a-z][^>]*>/g) ?? []
    expect(tags.filter((tag) => / on\w+\s*=/.test(tag.replace(/"[^"]*"/g, '""')))).toEqual([])
    expect(
      page
        .match(/href="[^"]*"/g)
        ?.filter((link) => !/^href="(?:#|https:\/\/(?:www\.cve\.org|github\.com)\/)/.test(link)),
    ).toEqual([])
  })

  it('names every finding, and leads from it to why the package is there', () => {
    const findings = manyFindings(30)
    const page = renderHtml(decisionOf({ findings, reasons: [reasonOf(findings)] }))
    for (const { id } of findings) expect(page).toContain(`>${id}</a>`)
    const targets = [...page.matchAll(/href="#([\w-]+)"/g)].map(([, id]) => id!)
    for (const id of targets) expect(page).toContain(` id="${id}"`)
    const ids = [...page.matchAll(/ id="([\w-]+)"/g)].map(([, id]) => id!)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('renderMarkdown', () => {
  it('makes no markup, link, mention or reference of a hostile name', () => {
    const text = renderMarkdown(hostileDecision())
    const ours = text
      .replace('> **Break', '**Break')
      .replace(/<\/?(?:details|summary|code)>/g, '')
      .replace(/&#\d+;/g, '')
    expect(ours).not.toMatch(/[<>`[\]|@$\\{}~!]/)
    expect(ours).not.toMatch(/:\/\/|www\.|javascript:document.title="/)
    expect(ours.match(/#/g)).toEqual(
      ours
        .match(/(?<=^|\n)#{2,3}(?= )/g)
        ?.join('')
        .split(''),
    )
    expect(ours).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u)
    expect(text).not.toMatch(/(?:&#64;|&#35;)(?!&#8203;)/)
    expect(text.match(/<details>/g)?.length).toBe(text.match(/<\/details>/g)?.length)
  })

  it.each([4_000, 20_000, 60_000])('stays below %i bytes and counts what it leaves out', (maxBytes) => {
    const findings = manyFindings(5_000)
    const text = renderMarkdown(decisionOf({ findings, reasons: [reasonOf(findings)] }), { maxBytes })
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes)
    const left = Number(/Left out for size: .*?(\d+) findings/.exec(text)?.[1])
    expect(left + (text.match(/CVE-2026-/g)?.length ?? 0)).toBe(5_000)
    expect(text).toContain('FAIL: prod.example/team/app:1.4')
  })

  it('leaves nothing out of a decision that fits', () => {
    const text = renderMarkdown(decisionOf())
    expect(text).not.toContain('Left out')
    expect(text).toContain('**What lifts it:** upgrade zlib1g')
    expect(text).toContain('needed: nginx -g daemon off;')
  })
})

describe('renderJson and parseDecision', () => {
  it('come to the same', () => {
    for (const decision of [
      decisionOf(),
      decisionOf({ breakGlass: { actor: 'a', justification: 'b', expires: 'c', needed: true } }),
    ]) {
      expect(renderJson(parseDecision(renderJson(decision), { source: 'd' }))).toBe(renderJson(decision))
    }
  })

  it.each([
    ['not JSON', '{'],
    ['another schema', renderJson({ ...decisionOf(), schema: 'x' as never })],
    ['a verdict that is none', renderJson({ ...decisionOf(), verdict: 'maybe' as never })],
    ['a digest that is none', renderJson({ ...decisionOf(), subject: 'sha256:1' })],
    ['no findings', renderJson({ ...decisionOf(), findings: undefined as never })],
    ['depth', '['.repeat(1000)],
  ])('refuse %s', (_, text) => {
    expect(() => parseDecision(text, { source: 'd' })).toThrow(
      expect.objectContaining({ name: 'PolicyError', code: 'DECISION_INVALID' }),
    )
  })

  it('are described by a schema', () => {
    expect(decisionJsonSchema()).toMatchObject({
      $id: 'https://sallyport.dev/schemas/decision/v1',
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      properties: { verdict: { enum: ['pass', 'fail', 'error'] } },
    })
    expect(JSON.stringify(decisionJsonSchema())).not.toContain('additionalProperties')
  })

  it('sort fields whatever their order', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse())
        expect(renderJson(reversed as never)).toBe(renderJson(value as never))
        expect(JSON.parse(renderJson(value as never))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })
})

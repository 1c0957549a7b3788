import { digestOf } from '@sallyport/core'
import {
  renderQuarantineHtml,
  renderQuarantineListHtml,
  renderReleaseRecordHtml,
  renderReleaseRecordMarkdown,
} from '@sallyport/gate/report'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PageOpener, startBrowser } from './open-page.ts'
import { hostileTexts, quarantineEntry, quarantineSummaries, releaseRecord } from './records.ts'

let browser: PageOpener
beforeAll(async () => void (browser = await startBrowser()))
afterAll(() => browser[Symbol.asyncDispose]())

const pages = {
  quarantine: renderQuarantineHtml(quarantineEntry()),
  'quarantine-list': renderQuarantineListHtml(quarantineSummaries(40)),
  release: renderReleaseRecordHtml(releaseRecord()),
}
const texts: Record<keyof typeof pages, readonly string[]> = {
  quarantine: [
    'Open. Nobody has decided about it.',
    'upgrade zlib1g to 1.3.0-1',
    'CVE-2026-10006',
    'nginx -g daemon off; [entry] → /usr/sbin/nginx',
    'linux/arm64',
    '92 → 40',
  ],
  'quarantine-list': ['20 open of 40', 'build.example/team/app-3:1.4', 'critical executed: 3 findings'],
  release: ['RELEASED', 'prod.example/team/app:1.4', 'nothing reaches it', 'release@example.com', 'verify'],
}

describe.each(['quarantine', 'quarantine-list', 'release'] as const)('the page %s', (name) => {
  it.each([
    ['light', 1280],
    ['dark', 400],
  ] as const)('is readable and silent in %s at %i px', async (colorScheme, width) => {
    await using opened = await browser.open(pages[name], { colorScheme, width })
    const text = await opened.text()
    for (const part of texts[name]) expect(text).toContain(part)
    await opened.screenshot(`${name}-${colorScheme}-${width}`)
    expect(await opened.overflow()).toBeLessThanOrEqual(0)
    expect(await opened.barriers()).toEqual([])
    expect(opened.complaints).toEqual([])
    expect(opened.requests).toEqual([])
  })
})

describe('the page of a quarantined image', () => {
  it.each([
    [
      {
        state: 'approved',
        approver: 'anna',
        reason: 'until the vendor ships',
        at: '2026-11-25T13:00:00Z',
        expires: '2026-12-01T00:00:00Z',
        waivers: digestOf('w'),
      },
      'Approved by anna at 2026-11-25T13:00:00Z, until 2026-12-01T00:00:00Z: until the vendor ships',
    ],
    [
      { state: 'rejected', by: 'ben', reason: 'rebuild it', at: '2026-11-25T13:00:00Z' },
      'Rejected by ben at 2026-11-25T13:00:00Z: rebuild it',
    ],
    [
      { state: 'superseded', sourceDigest: digestOf('s'), cause: 'promoted', at: '2026-11-25T13:00:00Z' },
      'was promoted',
    ],
  ] as const)('tells what became of it: %j', async (status, text) => {
    await using opened = await browser.open(renderQuarantineHtml({ ...quarantineEntry(), status }))
    expect(await opened.text()).toContain(text)
  })
})

describe('the list of quarantined images', () => {
  it('filters by state and leads to each record', async () => {
    await using opened = await browser.open(pages['quarantine-list'])
    await opened.page.getByLabel('State').selectOption('open')
    const shown = opened.page.locator('tbody tr:not([hidden])')
    await expect.poll(() => shown.count()).toBe(20)
    expect(await shown.first().getByRole('link').getAttribute('href')).toMatch(/^[0-9a-f]{32}\.html$/)
  })

  it('opens thousands', async () => {
    const before = await browser.cpuMs()
    await using opened = await browser.open(renderQuarantineListHtml(quarantineSummaries(5_000)))
    await opened.painted()
    expect(await opened.page.innerText('[role=status]')).toBe('5000 of 5000 shown')
    expect((await browser.cpuMs()) - before).toBeLessThan(5_000)
  })

  it.each([
    'javascript:document.title="owned"',
    ' javascript:1',
    'data:text/html,x',
    'java\nscript:1',
    'vbscript:x',
  ])('makes no link of %j', async (target) => {
    await using opened = await browser.open(
      renderQuarantineListHtml(quarantineSummaries(1), { hrefOf: () => target }),
    )
    const links = opened.page.locator('tbody a')
    for (const link of await links.all()) {
      expect(new URL((await link.getAttribute('href'))!, 'file:///x').protocol).toMatch(/^(file|https?):$/)
      await link.click({ noWaitAfter: true }).catch(() => undefined)
    }
    expect(await opened.page.title()).not.toBe('owned')
  })
})

describe('names of an attacker', () => {
  it.each([
    ['quarantine', () => renderQuarantineHtml(quarantineEntry(hostileTexts.join(' ')))],
    ['quarantine-list', () => renderQuarantineListHtml(quarantineSummaries(3, hostileTexts.join(' ')))],
    ['release', () => renderReleaseRecordHtml(releaseRecord(hostileTexts.join(' ')))],
  ])('do nothing in the page %s', async (name, render) => {
    await using opened = await browser.open(render(), { width: 400 })
    expect(
      await opened.page
        .locator('main script, img, svg:not(.chart), iframe, form, link, [onmouseover]')
        .count(),
    ).toBe(0)
    expect(await opened.page.locator('[href^="javascript:" i]').count()).toBe(0)
    expect(await opened.page.title()).not.toBe('owned')
    expect(await opened.overflow()).toBeLessThanOrEqual(0)
    expect(opened.complaints).toEqual([])
    expect(opened.requests).toEqual([])
    await opened.screenshot(`${name}-hostile-400`)
  })

  it('do nothing in the Markdown of a release', () => {
    const text = renderReleaseRecordMarkdown(releaseRecord(hostileTexts.join(' ')))
    expect(text.replace(/<\/?(?:details|summary)>/g, '')).not.toMatch(/[<>`]|:\/\/|\]\(|@/)
    expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u)
  })
})

import { renderAuditHtml } from '@sallyport/audit/report'
import {
  renderQuarantineHtml,
  renderQuarantineListHtml,
  renderReleaseRecordHtml,
} from '@sallyport/gate/report'
import { renderHtml } from '@sallyport/policy/report'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sampleAudit, streamed, summaryOf } from './audits.ts'
import { hostileRefusal, refusal } from './decisions.ts'
import { type OpenedPage, type PageOpener, startBrowser } from './open-page.ts'
import { hostileTexts, quarantineEntry, quarantineSummaries, releaseRecord } from './records.ts'

let browser: PageOpener
beforeAll(async () => void (browser = await startBrowser()))
afterAll(() => browser[Symbol.asyncDispose]())

async function auditOf(number: number, name?: string): Promise<string> {
  const { summary, records } = sampleAudit(number, name)
  const earlier = [21, 14, 7].map((days) =>
    summaryOf(records, { ...summary.classes, unsigned: days * 5 }, name, days),
  )
  return (await Array.fromAsync(renderAuditHtml(summary, streamed(records), { earlier }))).join('')
}

const hostile = hostileTexts.join(' ')
const pages: Record<string, { readonly usual: string; readonly hostile: string; readonly filters: number }> =
  {
    decision: { usual: renderHtml(refusal(60)), hostile: renderHtml(hostileRefusal()), filters: 1 },
    quarantine: {
      usual: renderQuarantineHtml(quarantineEntry()),
      hostile: renderQuarantineHtml(quarantineEntry(hostile)),
      filters: 2,
    },
    'quarantine-list': {
      usual: renderQuarantineListHtml(quarantineSummaries(40)),
      hostile: renderQuarantineListHtml(quarantineSummaries(6, hostile)),
      filters: 1,
    },
    release: {
      usual: renderReleaseRecordHtml(releaseRecord()),
      hostile: renderReleaseRecordHtml(releaseRecord(hostile)),
      filters: 3,
    },
    audit: { usual: await auditOf(300), hostile: await auditOf(30, hostile), filters: 1 },
  }

const views = [
  ['light', 1280],
  ['dark', 1280],
  ['light', 400],
  ['dark', 400],
] as const

describe.each(Object.entries(pages))('the page %s', (name, { usual, hostile, filters }) => {
  it.each(views)('shows its charts without a barrier, in %s at %i px', async (colorScheme, width) => {
    await using opened = await browser.open(usual, { colorScheme, width })
    const { page } = opened
    expect(await opened.barriers()).toEqual([])
    expect(await opened.overflow()).toBeLessThanOrEqual(0)
    await page.getByRole('heading', { name: 'At a glance' }).scrollIntoViewIfNeeded()
    await page.evaluate(`document.getElementById('charts').scrollIntoView()`)
    await opened.painted()
    await opened.screenshot(`${name}-charts-${colorScheme}-${width}`)
    expect(opened.complaints).toEqual([])
    expect(opened.requests).toEqual([])
  })

  it('has one head: what it came to, what it is about, and where its sections are', async () => {
    await using opened = await browser.open(usual)
    const { page } = opened
    expect(await page.locator('h1').count()).toBe(1)
    expect(await page.locator('h1 .verdict').innerText()).toMatch(/^[A-Z0-9 ]+$/)
    const links = await page.getByRole('navigation', { name: 'On this page' }).getByRole('link').all()
    expect(links.length).toBeGreaterThan(1)
    for (const link of links) {
      await link.click()
      const { hash } = new URL(page.url())
      expect(await page.locator(hash).count()).toBe(1)
      const top = await page.evaluate<number>(`document.querySelector('${hash}').getBoundingClientRect().top`)
      expect(top).toBeLessThan(900)
    }
  })

  it('says each number of its charts in words as well', async () => {
    await using opened = await browser.open(usual)
    const bars = await opened.page.locator('.bars li').all()
    expect(bars.length).toBeGreaterThan(0)
    for (const bar of bars) {
      const said = (await bar.innerText()).replace(/\s+/g, ' ')
      for (const image of await bar.getByRole('img').all()) {
        const label = (await image.getAttribute('aria-label'))!
        expect(label).toMatch(/\d|none/)
        for (const [number] of label.matchAll(/\d[\d.]*/g)) expect(said).toContain(number)
      }
    }
  })

  it('draws bars as long as their numbers', async () => {
    await using opened = await browser.open(usual)
    for (const chart of await opened.page.locator('ul.bars').all()) {
      const drawn: { readonly width: number; readonly number: number }[] = []
      for (const track of await chart.getByRole('img').all()) {
        const rects = await track.locator('rect').all()
        const parts = [...(await track.getAttribute('aria-label'))!.matchAll(/([\d.]+) (?:[kM]?B )?/g)]
        if (rects.length !== 1 || parts.length !== 1 || / [kM]?B /.test(parts[0]![0])) continue
        const width = (await rects[0]!.boundingBox())!.width
        drawn.push({ width, number: Number(parts[0]![1]) })
      }
      const longest = drawn.toSorted((one, other) => other.number - one.number)[0]
      if (longest === undefined || longest.number === 0) continue
      for (const { width, number } of drawn)
        expect(width / longest.width).toBeCloseTo(number / longest.number, 1)
    }
  })

  it.each([1280, 400])('is used by keyboard alone, in the order of the page, at %i px', async (width) => {
    await using opened = await browser.open(usual, { width })
    const { page } = opened
    await page.keyboard.press('Tab')
    expect(await page.evaluate<string>('document.activeElement.className')).toBe('skip')
    await page.keyboard.press('Enter')
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('content')
    const stops = await tabThrough(opened, 400)
    expect(stops.length).toBeGreaterThan(5)
    expect(stops.every(({ isVisible }) => isVisible)).toBe(true)
    expect(stops.every(({ outline }) => outline !== 'none')).toBe(true)
    const places = stops.map(({ place }) => place)
    expect(places).toEqual([...places].sort((one, other) => one - other))
  })

  it('filters and sorts each of its tables by keyboard', async () => {
    await using opened = await browser.open(usual)
    const { page } = opened
    const searches = await page.getByRole('search').all()
    expect(searches).toHaveLength(filters)
    for (const search of searches) {
      await search.getByLabel('Text').focus()
      await page.keyboard.type('there is no such thing')
      await expect.poll(() => search.getByRole('status').innerText()).toMatch(/^0 of \d+/)
      await page.keyboard.press('ControlOrMeta+a')
      await page.keyboard.press('Delete')
      await expect.poll(() => search.getByRole('status').innerText()).not.toMatch(/^0 of/)
    }
    const headers = await page.locator('th:has(button)').all()
    expect(headers.length).toBeGreaterThan(2)
    for (const header of headers) {
      await header.getByRole('button').focus()
      await page.keyboard.press('Enter')
      expect(await header.getAttribute('aria-sort')).toBe('ascending')
      await page.keyboard.press('Space')
      expect(await header.getAttribute('aria-sort')).toBe('descending')
    }
    expect(await opened.barriers()).toEqual([])
  })

  it('prints its charts in colour and leaves out what can only be pressed', async () => {
    await using opened = await browser.open(usual, { colorScheme: 'dark', width: 794 })
    const { page } = opened
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    await page.evaluate(`dispatchEvent(new Event('beforeprint'))`)
    const styleOf = (selector: string, property: string) =>
      page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).${property}`)
    expect(await styleOf('html', 'backgroundColor')).toBe('rgb(255, 255, 255)')
    expect(await styleOf('.chart', 'printColorAdjust')).toBe('exact')
    for (const hidden of ['.filters', '.skip', '.jump'])
      for (const part of await page.locator(hidden).all()) expect(await part.isVisible()).toBe(false)
    expect(await page.locator('.bars').first().isVisible()).toBe(true)
    expect(await opened.overflow()).toBeLessThanOrEqual(0)
    expect((await page.pdf({ format: 'A4' })).subarray(0, 5).toString()).toBe('%PDF-')
    await page.evaluate(`document.getElementById('charts').scrollIntoView()`)
    await opened.screenshot(`${name}-charts-print`)
  })

  it.each(views)('runs nothing that a name holds, in %s at %i px', async (colorScheme, width) => {
    await using opened = await browser.open(hostile, { colorScheme, width, isWatched: true })
    const { page } = opened
    for (const part of await page.locator('summary').all()) await part.click()
    for (const handler of ['mouseover', 'load', 'error', 'focus', 'click'])
      expect(await page.locator(`[on${handler}]`).count()).toBe(0)
    expect(
      await page
        .locator('svg:not(.chart), img, iframe, form, link, object, embed, base, foreignObject, use')
        .count(),
    ).toBe(0)
    expect(await page.locator('svg a, svg script, svg image, [href^="javascript:" i], [style]').count()).toBe(
      0,
    )
    expect(await page.title()).not.toBe('owned')
    expect(await opened.violations()).toEqual([])
    expect(await opened.overflow()).toBeLessThanOrEqual(0)
    expect(await opened.barriers()).toEqual([])
    expect(opened.complaints).toEqual([])
    expect(opened.requests).toEqual([])
    await page.evaluate(`document.getElementById('charts').scrollIntoView()`)
    await opened.screenshot(`${name}-hostile-charts-${colorScheme}-${width}`)
  })

  it('notices a violation of its policy, were there one', async () => {
    const forged = usual.replace(
      '</main>',
      `<img src="https://evil.example/x"><p style="color: red">x</p></main>`,
    )
    await using opened = await browser.open(forged, { isWatched: true })
    expect(await opened.violations()).toEqual(expect.arrayContaining(['img-src', 'style-src-attr']))
  })
})

interface Stop {
  /** Position in the document. */
  readonly place: number
  readonly isVisible: boolean
  readonly outline: string
}

/** Where the focus goes from here, until it leaves the page. */
async function tabThrough({ page }: OpenedPage, most: number): Promise<readonly Stop[]> {
  const stops: Stop[] = []
  while (stops.length < most) {
    await page.keyboard.press('Tab')
    const stop = await page.evaluate<Stop | undefined>(`(() => {
      const element = document.activeElement
      if (element === null || element === document.body || element.className === 'skip') return undefined
      const { width, height } = element.getBoundingClientRect()
      const style = getComputedStyle(element)
      return {
        place: [...document.querySelectorAll('*')].indexOf(element),
        isVisible: width > 0 && height > 0,
        outline: style.outlineStyle,
      }
    })()`)
    if (stop === undefined) break
    stops.push(stop)
  }
  return stops
}

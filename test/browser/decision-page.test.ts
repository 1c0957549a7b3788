import { renderHtml } from '@sallyport/policy/report'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hostileRefusal, refusal } from './decisions.ts'
import { type PageOpener, startBrowser } from './open-page.ts'

let browser: PageOpener
beforeAll(async () => void (browser = await startBrowser()))
afterAll(() => browser[Symbol.asyncDispose]())

const page = renderHtml(refusal(120))
const rows = '#findings + [data-filtered] tbody tr'

describe('the page of a decision', () => {
  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 400],
    ['dark', 400],
  ] as const)('is readable and silent in %s at %i px', async (colorScheme, width) => {
    await using opened = await browser.open(page, { colorScheme, width })
    const text = await opened.text()
    for (const part of [
      'FAIL',
      'prod.example/team/app:1.4',
      'critical executed',
      'What lifts it: upgrade zlib1g to 1.3.0-1',
      '/usr/bin/su',
      'enforced from 2027-01-01T00:00:00Z',
      'W-9 does not apply: it expired',
      'nginx -g daemon off; [entry] → /usr/sbin/nginx',
      'waivers.yaml',
    ]) {
      expect(text).toContain(part)
    }
    await opened.screenshot(`decision-${colorScheme}-${width}`)
    expect(await opened.overflow()).toBeLessThanOrEqual(0)
    expect(await opened.barriers()).toEqual([])
    expect(opened.complaints).toEqual([])
    expect(opened.requests).toEqual([])
  })

  it('follows the colour scheme', async () => {
    const background = async (colorScheme: 'light' | 'dark') => {
      await using opened = await browser.open(page, { colorScheme })
      return await opened.page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor')
    }
    expect(await background('light')).toBe('rgb(251, 250, 248)')
    expect(await background('dark')).toBe('rgb(22, 24, 28)')
  })

  it('filters by keyboard alone, and says how many are left', async () => {
    await using opened = await browser.open(page)
    const { keyboard } = opened.page
    await opened.page.focus('#findings + [data-filtered] input')
    await keyboard.type('zlib1g')
    await expect.poll(() => opened.page.innerText('[role=status]')).toMatch(/^\d+ of 120 shown$/)
    const shown = opened.page.locator(`${rows}:not([hidden])`)
    await expect.poll(() => shown.count()).toBeLessThan(120)
    for (const text of await shown.allTextContents()) expect(text).toContain('zlib1g')
    const before = await shown.count()
    await keyboard.press('Tab')
    await keyboard.type('critical')
    await expect.poll(() => shown.count()).toBeLessThan(before)
    expect(await shown.count()).toBeGreaterThan(0)
    for (const row of await shown.all()) expect(await row.getAttribute('data-severity')).toBe('critical')
    await opened.screenshot('decision-filtered')
  })

  it('sorts by keyboard alone, by rank and by number, and says so', async () => {
    await using opened = await browser.open(page)
    const header = opened.page.getByRole('columnheader', { name: 'Vulnerability' })
    const ids = () => opened.page.locator(`${rows} td:nth-child(2) a`).allTextContents()
    await header.getByRole('button').focus()
    await opened.page.keyboard.press('Enter')
    expect(await header.getAttribute('aria-sort')).toBe('ascending')
    const ascending = await ids()
    expect(ascending).toEqual(
      [...ascending].sort((one, other) => Number(one.slice(9)) - Number(other.slice(9))),
    )
    await opened.page.keyboard.press('Space')
    expect(await header.getAttribute('aria-sort')).toBe('descending')
    expect(await ids()).toEqual(ascending.reverse())

    const severity = opened.page.getByRole('columnheader', { name: 'Severity' })
    await severity.getByRole('button').press('Enter')
    expect(await header.getAttribute('aria-sort')).toBeNull()
    const severities = await opened.page.locator(`${rows} td:first-child`).allTextContents()
    expect([...new Set(severities.map((text) => text.trim()))]).toEqual([
      'critical',
      'high',
      'unknown',
      'medium',
      'low',
      'negligible',
    ])
  })

  it('keeps the table a table for screen readers when it is laid out as cards', async () => {
    await using opened = await browser.open(page, { width: 400 })
    const { page: view } = opened
    expect(await view.getByRole('table').count()).toBeGreaterThanOrEqual(3)
    expect(await view.getByRole('row').count()).toBeGreaterThan(120)
    expect(await view.getByRole('link', { name: 'To the content' }).count()).toBe(1)
  })

  it('prints everything that was folded', async () => {
    await using opened = await browser.open(page)
    await opened.page.emulateMedia({ media: 'print' })
    await opened.page.evaluate(`dispatchEvent(new Event('beforeprint'))`)
    expect(await opened.page.locator('details:not([open])').count()).toBe(0)
    expect(await opened.page.locator('.filters').first().isVisible()).toBe(false)
    await opened.screenshot('decision-print')
  })

  it.each([1280, 400])(
    'runs nothing that an image names, and stays in its width, at %i px',
    async (width) => {
      await using opened = await browser.open(renderHtml(hostileRefusal()), { width })
      const { page: view } = opened
      const title = await view.title()
      expect(title).toContain('FAIL')
      for (const part of await view.locator('summary').all()) await part.click()
      await view.mouse.move(200, 300)
      expect(
        await view.locator('img, svg:not(.chart), iframe, form, link, main script, main style').count(),
      ).toBe(0)
      expect(await view.locator('[href^="javascript:" i]').count()).toBe(0)
      expect(await view.title()).toBe(title)
      expect(await opened.text()).toContain('<script>')
      expect(await opened.text()).toContain(String.raw`\u{202e}PASS\u{0}\u{1b}[2J`)
      expect(await opened.overflow()).toBeLessThanOrEqual(0)
      expect(opened.complaints).toEqual([])
      expect(opened.requests).toEqual([])
      await opened.screenshot(`decision-hostile-${width}`)
    },
  )

  it('blocks a script that got in all the same', async () => {
    const forged = page.replace(
      '</main>',
      `<script>document.title='owned'</script><img src="https://evil.example/x"></main>`,
    )
    await using opened = await browser.open(forged)
    expect(await opened.page.title()).not.toBe('owned')
    expect(opened.complaints.join('\n')).toContain('Content Security Policy')
  })

  it('opens, sorts and filters 5,000 findings in seconds', async () => {
    const large = renderHtml(refusal(5_000))
    const measured: Record<string, { cpuMs: number; wallMs: number }> = {}
    const measure = async <T>(name: string, act: () => Promise<T>): Promise<T> => {
      const [cpu, wall] = [await browser.cpuMs(), performance.now()]
      const result = await act()
      measured[name] = {
        cpuMs: Math.round((await browser.cpuMs()) - cpu),
        wallMs: Math.round(performance.now() - wall),
      }
      return result
    }
    await using opened = await measure('open', async () => {
      const page = await browser.open(large)
      await page.painted()
      return page
    })
    const status = opened.page.locator('[role=status]').first()
    expect(await status.textContent()).toBe('5000 of 5000 shown')
    await measure('sort', async () => {
      await opened.page.getByRole('columnheader', { name: 'Package' }).getByRole('button').press('Enter')
      await opened.painted()
    })
    await measure('filter', async () => {
      await opened.page.locator('[data-filtered] input').fill('libssl3')
      await expect.poll(() => status.textContent(), { timeout: 20_000 }).not.toBe('5000 of 5000 shown')
      await opened.painted()
    })
    process.stdout.write(
      `5,000 findings in ${(large.length / 1e6).toFixed(1)} MB: ${JSON.stringify(measured)}\n`,
    )
    expect(measured['open']!.cpuMs).toBeLessThan(5_000)
    expect(measured['sort']!.cpuMs).toBeLessThan(3_000)
    expect(measured['filter']!.cpuMs).toBeLessThan(3_000)
  })
})

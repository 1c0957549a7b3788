import { digestOf } from '@sallyport/core'
import type { QuarantineEntry } from '@sallyport/gate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ConsoleSite, startAttacker, startConsole, token } from './console-site.ts'
import { type OpenedPage, type PageOpener, startBrowser, type View } from './open-page.ts'
import { hostileTexts, quarantineEntry } from './records.ts'

let browser: PageOpener
let site: ConsoleSite
beforeAll(async () => {
  browser = await startBrowser()
  site = await startConsole()
})
afterAll(async () => {
  await site[Symbol.asyncDispose]()
  await browser[Symbol.asyncDispose]()
})

const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
const stateOf = async (id: string) => (await site.quarantine.get(id))?.status
const chain = ['/app/run.sh', '/usr/bin/tool']

/** Opens the console, signed in as Ada. */
async function enter(view?: View): Promise<OpenedPage> {
  const opened = await browser.visit(site.signInLink(), view)
  await opened.page.waitForURL(`${site.origin}/`)
  return opened
}

describe('a reviewer', () => {
  it('signs in by a link, finds what was stopped, reads why, and approves it; then the gate lets it through', async () => {
    const id = await site.stop('shop')
    await site.stop('other')
    await using opened = await enter()
    const { page } = opened
    expect(page.url()).toBe(`${site.origin}/`)
    await page.getByLabel('Image, package or CVE').fill('SHOP')
    await page.getByRole('button', { name: 'Filter' }).click()
    expect(await page.locator('.entry').count()).toBe(1)
    await page.getByRole('link', { name: /prod\/shop:1/ }).click()
    const text = await opened.text()
    for (const part of ['Open', 'critical', 'CVE-2026-0002', 'no critical', 'fixed in 99', ...chain])
      expect(text).toContain(part)
    await page.getByLabel('Why may it run?').fill('the tool is only run by hand')
    await page.getByLabel('Until the end of').fill(day(7))
    await page.getByLabel('this image only').check()
    await page.getByRole('button', { name: 'Approve' }).click()
    expect(await page.getByRole('status').innerText()).toContain('Promote the image again')
    expect(await opened.text()).toContain('Ada Lovelace approved it')
    expect(await stateOf(id)).toMatchObject({
      state: 'approved',
      approver: 'Ada Lovelace',
      reason: 'the tool is only run by hand',
      expires: `${day(8)}T00:00:00.000Z`,
    })
    expect((await site.promote('shop')).verdict).toBe('pass')
    expect((await site.promote('other')).verdict).toBe('fail')
    expect(opened.complaints).toEqual([])
    expect(opened.requests).toEqual([])
  })

  it('rejects, and takes an approval back; then the gate keeps both out', async () => {
    const [rejected, taken] = [await site.stop('bad'), await site.stop('regretted')]
    await using opened = await enter()
    const { page } = opened
    await page.goto(`${site.origin}/entries/${rejected}`)
    await page.getByLabel('Why does it stay out?').fill('build it on the new base')
    await page.getByRole('button', { name: 'Reject' }).click()
    expect(await opened.text()).toContain('Ada Lovelace rejected it')
    await page.goto(`${site.origin}/entries/${taken}`)
    await page.getByLabel('Why may it run?').fill('nobody can reach the tool')
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByLabel('Why does it stay out?').fill('somebody can reach it')
    await page.getByRole('button', { name: 'Take it back' }).click()
    for (const [id, name] of [
      [rejected, 'bad'],
      [taken, 'regretted'],
    ] as const) {
      expect(await stateOf(id)).toMatchObject({ state: 'rejected', by: 'Ada Lovelace' })
      expect((await site.promote(name)).verdict).toBe('fail')
    }
    expect(opened.complaints).toEqual([])
  })

  it('does everything by the keyboard alone', async () => {
    const id = await site.stop('keys')
    await using opened = await browser.visit(site.origin, { width: 1280 })
    const { page } = opened
    /** Presses Tab until this has the focus. */
    const reach = async (name: RegExp, most = 60) => {
      for (let presses = 0; presses < most; presses++) {
        await page.keyboard.press('Tab')
        const label = await page.evaluate<string>(
          `(() => { const it = document.activeElement; return (it.labels?.[0]?.textContent ?? it.textContent ?? '').replace(/\\s+/g, ' ').trim() })()`,
        )
        if (name.test(label)) return
      }
      throw new Error(`nothing like ${name} can be reached`)
    }
    await reach(/^Your token/)
    await page.keyboard.type(token)
    await page.keyboard.press('Enter')
    await page.waitForURL(`${site.origin}/`)
    await reach(/^Image, package/)
    await page.keyboard.type('prod/keys')
    await page.keyboard.press('Enter')
    await page.waitForURL(/text=/)
    await reach(/prod\/keys:1$/)
    await page.keyboard.press('Enter')
    await page.waitForURL(`${site.origin}/entries/${id}`)
    await reach(/^Why may it run/)
    await page.keyboard.type('no mouse was needed for this')
    await reach(/^Approve$/)
    await page.keyboard.press('Enter')
    await page.getByRole('status').waitFor()
    expect(await stateOf(id)).toMatchObject({ state: 'approved', reason: 'no mouse was needed for this' })
    await reach(/^Sign out$/)
    await page.keyboard.press('Space')
    await page.waitForURL(`${site.origin}/sign-in`)
  })

  it('needs no script', async () => {
    const id = await site.stop('plain')
    await using opened = await browser.visit(site.origin, { javaScriptEnabled: false, width: 400 })
    const { page } = opened
    await page.getByLabel('Your token').fill(token)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByLabel('Image, package or CVE').fill('prod/plain')
    await page.getByLabel('Worst severity').selectOption('critical')
    await page.getByRole('button', { name: 'Filter' }).click()
    await page.getByRole('link', { name: /prod\/plain:1/ }).click()
    await page.getByLabel('Why may it run?').fill('works without a script')
    await page.getByRole('button', { name: 'Approve' }).click()
    expect(await page.getByRole('status').innerText()).toContain('Approved until')
    expect(await stateOf(id)).toMatchObject({ state: 'approved' })
    await page.getByRole('link', { name: 'Promotions' }).click()
    await page
      .getByRole('link', { name: /prod\/plain:1/ })
      .first()
      .click()
    expect(await page.getByRole('heading', { name: 'Steps' }).count()).toBe(1)
  })

  it('is told what is wrong with a form, and by whom an entry was decided meanwhile', async () => {
    const id = await site.stop('meanwhile')
    await using opened = await enter({ width: 400 })
    const { page } = opened
    await page.goto(`${site.origin}/entries/${id}`)
    await page.getByLabel('Why may it run?').fill('          x')
    await page.getByRole('button', { name: 'Approve' }).click()
    expect(await page.getByRole('alert').innerText()).toContain('at least 10 characters')
    expect(await opened.barriers()).toEqual([])
    await opened.screenshot('console-problem-light-400')
    await site.quarantine.reject(id, { by: 'Ben', reason: 'I was faster' })
    await page.getByLabel('Why may it run?').fill('too late for this reason')
    await page.getByRole('button', { name: 'Approve' }).click()
    expect(await opened.text()).toContain('It changed while you looked at it')
    expect(await opened.text()).toContain('I was faster')
    expect(await stateOf(id)).toMatchObject({ state: 'rejected', by: 'Ben' })
  })
})

describe('every page', () => {
  let id = ''
  beforeAll(async () => {
    const { quarantine } = site
    const put = async (
      name: string,
      change: (entry: QuarantineEntry['record']) => Partial<QuarantineEntry['record']>,
    ) => {
      const { record } = quarantineEntry()
      const own = {
        ...record,
        id: digestOf(name).slice(7, 39),
        source: `build.example/team/${name}:1.4`,
        destination: `prod.example/team/${name}:1.4`,
        sourceDigest: digestOf(name),
      }
      return (await quarantine.put({ ...own, ...change(own) })).id
    }
    id = await put('payments', () => ({ quarantinedAt: new Date(Date.now() - 3 * 3_600_000).toISOString() }))
    await put('search', ({ findings, decision }) => ({
      quarantinedAt: new Date(Date.now() - 26 * 3_600_000).toISOString(),
      findings: findings.filter(({ severity }) => severity === 'high').slice(0, 2),
      decision: { ...decision, reasons: decision.reasons.filter(({ offenders }) => offenders === undefined) },
    }))
    await put('ledger', ({ decision }) => ({
      quarantinedAt: new Date(Date.now() - 50 * 3_600_000).toISOString(),
      findings: [],
      nextSteps: ['Repair the scanner, and promote it again'],
      decision: {
        ...decision,
        verdict: 'error',
        reasons: [
          {
            effect: 'error',
            code: 'scanner-failed',
            message: 'trivy ended after 10 minutes without an answer',
          },
        ],
      },
    }))
  })

  const pages = () =>
    [
      ['list', '/'],
      ['entry', `/entries/${id}`],
      ['unjudged', `/entries/${digestOf('ledger').slice(7, 39)}`],
      ['approvable', `/entries/${digestOf('search').slice(7, 39)}`],
      ['all', '/?state=any'],
      ['promotions', '/promotions'],
      ['sign-in', '/sign-in'],
      ['missing', '/nothing'],
    ] as const

  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 400],
    ['dark', 400],
  ] as const)('is readable and silent in %s at %i px', async (colorScheme, width) => {
    await using opened = await enter({ colorScheme, width })
    const { page } = opened
    for (const [name, path] of pages()) {
      await page.goto(`${site.origin}${path}`)
      await opened.screenshot(`console-${name}-${colorScheme}-${width}`)
      expect([name, await opened.overflow()]).toEqual([name, 0])
      expect([name, await opened.barriers()]).toEqual([name, []])
      for (const details of await page.locator('details.more').all())
        await details.evaluate('(it) => { it.open = true }')
      expect([name, await opened.overflow()]).toEqual([name, 0])
      expect([name, await opened.barriers()]).toEqual([name, []])
    }
    await page.goto(`${site.origin}/promotions`)
    await page.locator('tbody a').first().click()
    expect(await opened.barriers()).toEqual([])
    await opened.screenshot(`console-promotion-${colorScheme}-${width}`)
    expect(opened.complaints.filter((text) => !text.includes('404'))).toEqual([])
    expect(opened.requests).toEqual([])
  })

  it('shows names of an attacker as text', async () => {
    const { record } = quarantineEntry(hostileTexts.join(' '))
    await site.quarantine.put({ ...record, tier: 'prod' })
    await using opened = await enter({ width: 400 })
    for (const path of ['/?state=any', `/entries/${record.id}`]) {
      await opened.page.goto(`${site.origin}${path}`)
      expect(await opened.page.locator('main script, img, svg, iframe, [onmouseover]').count()).toBe(0)
      expect(await opened.page.title()).not.toBe('owned')
      expect(await opened.overflow()).toBeLessThanOrEqual(0)
    }
    expect(opened.complaints).toEqual([])
    expect(opened.requests).toEqual([])
  })
})

describe("another server's page on this machine", () => {
  it('can neither post a form nor fetch, read or frame a page, while somebody is signed in', async () => {
    const id = await site.stop('target')
    await using opened = await enter()
    const { page } = opened
    const target = `${site.origin}/entries/${id}/reject`
    await page.goto(`${site.origin}/entries/${id}`)
    // The worst that it may have: what stood in the form of the very session.
    const [form, seen] = await Promise.all(
      ['form', 'seen'].map((name) => page.locator(`form[action$=reject] [name=${name}]`).inputValue()),
    )
    await using attacker = await startAttacker(`<!doctype html><title>win</title>
      <form id="f" method="post" action="${target}"><input name="form" value="${form}"><input name="seen" value="${seen}">
      <input name="reason" value="owned"></form><iframe src="${site.origin}/entries/${id}"></iframe>`)
    const [context] = [page.context()]
    const evil = await context.newPage()
    const answers: number[] = []
    evil.on('response', (response) => {
      if (response.url() === target) answers.push(response.status())
    })
    await evil.goto(attacker.origin)
    const sent = await context.cookies(site.origin)
    expect(sent.map(({ sameSite, httpOnly }) => [sameSite, httpOnly])).toEqual([['Strict', true]])
    const tried = await evil.evaluate<readonly string[]>(`(async () => {
      const body = new URLSearchParams({ form: ${JSON.stringify(form)}, seen: ${JSON.stringify(seen)}, reason: 'owned' })
      const tries = [
        () => fetch(${JSON.stringify(target)}, { method: 'POST', body, credentials: 'include', mode: 'no-cors' }).then(({ type }) => type),
        () => fetch(${JSON.stringify(target)}, { method: 'POST', body, credentials: 'include' }).then(() => 'answered'),
        () => fetch(${JSON.stringify(site.origin)}, { credentials: 'include' }).then((answer) => answer.text()),
        () => Promise.resolve(document.querySelector('iframe').contentDocument?.title ?? 'not readable'),
      ]
      const ended = []
      for (const attempt of tries) ended.push(await attempt().catch(() => 'failed'))
      return ended
    })()`)
    expect(tried.slice(1)).toEqual(['failed', 'failed', 'not readable'])
    await Promise.all([evil.waitForURL(target), evil.evaluate(`document.getElementById('f').submit()`)])
    expect(await evil.textContent('main')).toContain('Forms are taken from pages of this console only')
    expect(answers.length).toBeGreaterThanOrEqual(1)
    expect(answers.every((status) => status === 403)).toBe(true)
    expect(await stateOf(id)).toEqual({ state: 'open' })
    // It was the page that was refused, not the session or the form.
    await page.getByLabel('Why does it stay out?').fill('by hand')
    await page.getByRole('button', { name: 'Reject' }).click()
    expect(await stateOf(id)).toMatchObject({ state: 'rejected', reason: 'by hand' })
  })
})

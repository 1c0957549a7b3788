import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { requireTool } from '@sallyport/test-tools'
import axe from 'axe-core'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

const screenshots = fileURLToPath(new URL('../../.reports/screenshots', import.meta.url))

/** How a page is looked at. */
export interface View {
  /** Pixels. Default 1280. */
  readonly width?: number
  readonly colorScheme?: 'light' | 'dark'
  /** Default `true`. */
  readonly javaScriptEnabled?: boolean
  /** Notes what the page's content security policy forbids. Default `false`. */
  readonly isWatched?: boolean
}

/** A page in a browser, and what it tried. */
export interface OpenedPage extends AsyncDisposable {
  readonly page: Page
  /** Errors and warnings of the console, and what scripts threw. */
  readonly complaints: readonly string[]
  /** Whatever was asked for besides the page itself, or, of a site, elsewhere. */
  readonly requests: readonly string[]
  /** What the page says, in one line; rows that are too far away to be laid out as well. */
  text(): Promise<string>
  /** How many pixels the page is wider than its window. */
  overflow(): Promise<number>
  /** Ids of accessibility rules (axe-core) that the page breaks, with what breaks them. */
  barriers(): Promise<readonly string[]>
  /** Directives that something on the page broke, each once. Wants `isWatched`. */
  violations(): Promise<readonly string[]>
  /** Resolves when what was asked for is on the screen. */
  painted(): Promise<void>
  /** Keeps a picture as `.reports/screenshots/<name>.png`. */
  screenshot(name: string): Promise<void>
}

/** A browser that opens pages as files, without a network, as a reader would; or those of a server. */
export interface PageOpener extends AsyncDisposable {
  open(markup: string, view?: View): Promise<OpenedPage>
  /** Opens a page of a server, with cookies of its own. */
  visit(address: string, view?: View): Promise<OpenedPage>
  /** Processor time in milliseconds that the browser took so far, which a busy machine does not change much. */
  cpuMs(): Promise<number>
}

/** Starts Chromium. */
export async function startBrowser(): Promise<PageOpener> {
  const browser: Browser = await chromium.launch({
    executablePath: requireTool('chromium'),
    // Tests run as root in CI, where the sandbox does not start; they open pages of our own only.
    chromiumSandbox: false,
  })
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-browser-'))
  await mkdir(screenshots, { recursive: true })
  const session = await browser.newBrowserCDPSession()
  let opened = 0

  return {
    async cpuMs() {
      const { processInfo } = await session.send('SystemInfo.getProcessInfo')
      return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime * 1000, 0)
    },
    async open(markup, view = {}) {
      const file = join(folder, `${opened++}.html`)
      await writeFile(file, markup)
      const address = pathToFileURL(file).href
      const context = await browser.newContext({ ...toContext(view), offline: true })
      return openIn(context, address, view, (url) => url === address)
    },
    async visit(address, view = {}) {
      const { origin } = new URL(address)
      const context = await browser.newContext(toContext(view))
      return openIn(context, address, view, (url) => new URL(url).origin === origin)
    },
    async [Symbol.asyncDispose]() {
      await browser.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const toContext = ({ width = 1280, colorScheme = 'light', javaScriptEnabled = true }: View) => ({
  viewport: { width, height: 900 },
  colorScheme,
  javaScriptEnabled,
})

async function openIn(
  context: BrowserContext,
  address: string,
  { isWatched = false }: View,
  isOwn: (url: string) => boolean,
): Promise<OpenedPage> {
  const page = await context.newPage()
  const complaints: string[] = []
  const requests: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', (request) => {
    if (!isOwn(request.url())) requests.push(request.url())
  })
  if (isWatched) {
    await page.addInitScript(
      `globalThis.violations = []; addEventListener('securitypolicyviolation', ({ effectiveDirective }) => violations.push(effectiveDirective))`,
    )
  }
  await page.goto(address)
  return {
    page,
    complaints,
    requests,
    text: async () => ((await page.textContent('main')) ?? '').replace(/\s+/g, ' '),
    overflow: () =>
      page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
    async barriers() {
      await page.evaluate(axe.source)
      return page.evaluate<readonly string[]>(
        'axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html.slice(0, 200))))',
      )
    },
    violations: () => page.evaluate<readonly string[]>('[...new Set(violations)]'),
    async painted() {
      await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)))')
    },
    async screenshot(name) {
      await page.screenshot({ path: join(screenshots, `${name}.png`) })
    },
    [Symbol.asyncDispose]: () => context.close(),
  }
}

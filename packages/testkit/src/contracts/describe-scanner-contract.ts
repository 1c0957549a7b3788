import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf } from '@sallyport/core'
import { openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import type { Finding, Scanner, ScanReport, ScanTarget } from '@sallyport/scan'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createImage } from '../image/create-image.ts'
import type { ContractSubject } from './contract-subject.ts'

/** Options of {@link describeScannerContract}. */
export interface ScannerContractOptions {
  /** A scanner, with data that knows the vulnerabilities of Debian 12. */
  readonly create: () => Promise<ContractSubject<Scanner>>
  /** A vulnerability of `libexpat1` 2.5.0-1+deb12u2 in that data. Default `CVE-2024-28757`. */
  readonly knownVulnerability?: string | undefined
}

const severities = ['unknown', 'negligible', 'low', 'medium', 'high', 'critical']
const fixStates = ['fixed', 'not-fixed', 'wont-fix', 'deferred', 'end-of-life', 'unknown']

const stanza = (name: string, version: string, source = '') =>
  `Package: ${name}\nStatus: install ok installed\nMaintainer: Nobody <nobody@example.com>\nArchitecture: amd64\n${source}Version: ${version}\nDescription: of a test\n\n`

const status = stanza('apt', '2.6.1') + stanza('libexpat1', '2.5.0-1+deb12u2', 'Source: expat\n')
const osRelease = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'

const images = {
  debian: { 'etc/os-release': osRelease, 'etc/debian_version': '12.5\n', 'var/lib/dpkg/status': status },
  nothing: { app: 'a program without any record\n' },
  'no database': { 'etc/os-release': osRelease, 'etc/debian_version': '12.5\n', 'var/lib/dpkg/status': '' },
  'unknown distribution': {
    'etc/os-release': 'ID=unheard-of\nVERSION_ID="1"\n',
    'var/lib/dpkg/status': status,
  },
}
type ImageName = keyof typeof images

/**
 * The laws of the port `Scanner`: an answer about the image asked for, or an error; and no answer that could be taken
 * for a clean one where the scanner saw nothing. Call it in a vitest file.
 *
 * @param name What is tested, for the titles.
 */
export function describeScannerContract(
  name: string,
  { create, knownVulnerability = 'CVE-2024-28757' }: ScannerContractOptions,
): void {
  describe(`${name} as a Scanner`, () => {
    let directory = ''
    const resources = new AsyncDisposableStack()
    const targets = new Map<ImageName, ScanTarget>()

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'sallyport-contract-'))
      for (const [title, files] of Object.entries(images)) {
        const source = createImage({ layers: [{ files }] })
        const folder = join(directory, title)
        const image = resources.use(await openImage(source, source.raw, { directory: folder }))
        const inventory = await createInventory(image)
        targets.set(title as ImageName, {
          subject: image.raw.descriptor.digest,
          platform: image.platform,
          inventory,
          layoutDirectory: image.layoutDirectory,
        })
      }
    })

    afterAll(async () => {
      await resources.disposeAsync()
      await rm(directory, { recursive: true, force: true })
    })

    const targetOf = (image: ImageName): ScanTarget => {
      const target = targets.get(image)
      if (target === undefined) throw new Error(`no image ${image}`)
      return target
    }

    it('tells who scanned what, when, and with data of which age', async () => {
      await using created = await create()
      const target = targetOf('debian')
      const report = await created.subject.scan(target)
      expect(report.subject).toBe(target.subject)
      expect(report.scanner.name).toBe(created.subject.name)
      expect(report.scanner.version).not.toBe('')
      expect(Date.parse(report.startedAt)).toBeLessThanOrEqual(Date.parse(report.finishedAt))
      expect(report.data.length).toBeGreaterThan(0)
      for (const { updatedAt } of report.data) expect(Date.parse(updatedAt ?? '')).not.toBeNaN()
    })

    it('finds what is known, in the package of the inventory, with its fix', async () => {
      await using created = await create()
      const target = targetOf('debian')
      const { findings } = await created.subject.scan(target)
      const found = findings.filter(({ id }) => id === knownVulnerability)
      expect(found.map(({ package: pkg }) => pkg.name)).toEqual(['libexpat1'])
      expect(found[0]?.fix.state).toBe('fixed')
      expect(found[0]?.fix.versions.length).toBeGreaterThan(0)
      const purls = target.inventory.packages.map(({ purl }) => purl)
      expect(purls).toContain(found[0]?.package.purl)
    })

    it('makes findings that are well formed', async () => {
      await using created = await create()
      const { findings } = await created.subject.scan(targetOf('debian'))
      expect(findings.length).toBeGreaterThan(0)
      for (const finding of findings) expectWellFormed(finding, created.subject.name)
    })

    it('gives a status that its gaps agree with', async () => {
      await using created = await create()
      const report = await created.subject.scan(targetOf('debian'))
      expectConsistent(report)
      expect(report.status === 'complete' || report.status === 'partial').toBe(true)
    })

    it.each<ImageName>(['nothing', 'no database', 'unknown distribution'])(
      'never calls the scan of an image complete when it holds %s',
      async (image) => {
        await using created = await create()
        const report = await created.subject.scan(targetOf(image)).catch((error: unknown) => error)
        if (report instanceof Error) {
          expect(report).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/) })
        } else {
          expectConsistent(report as ScanReport)
          expect((report as ScanReport).status).not.toBe('complete')
        }
      },
    )

    it('refuses an inventory of another image, and a layout that lacks the image', async () => {
      await using created = await create()
      const target = targetOf('debian')
      const other = digestOf('another image')
      await expect(created.subject.scan({ ...target, subject: other })).rejects.toMatchObject({
        code: 'SUBJECT_MISMATCH',
      })
    })

    it('rejects with the reason of an aborted signal', async () => {
      await using created = await create()
      const reason = new Error('no longer wanted')
      const signal = AbortSignal.abort(reason)
      await expect(created.subject.scan(targetOf('debian'), { signal })).rejects.toBe(reason)
    })

    it('ends with the reason when it is aborted on the way, unless it had ended before', async () => {
      await using created = await create()
      const controller = new AbortController()
      const reason = new Error('no longer wanted')
      const running = created.subject.scan(targetOf('debian'), { signal: controller.signal })
      controller.abort(reason)
      const outcome = await running.catch((error: unknown) => error)
      expect(outcome === reason || (outcome as ScanReport).status !== undefined).toBe(true)
    })

    it('says the same each time, also of several scans at once', async () => {
      await using created = await create()
      const target = targetOf('debian')
      const one = await created.subject.scan(target)
      const more = await Promise.all([created.subject.scan(target), created.subject.scan(target)])
      for (const { status: again, gaps, findings } of more) {
        expect({ status: again, gaps, findings }).toEqual({
          status: one.status,
          gaps: one.gaps,
          findings: one.findings,
        })
      }
    })

    it('leaves the layout as it was', async () => {
      await using created = await create()
      const target = targetOf('debian')
      const before = await contentOf(target.layoutDirectory)
      await created.subject.scan(target)
      expect(await contentOf(target.layoutDirectory)).toEqual(before)
    })
  })
}

function expectWellFormed(finding: Finding, scanner: string): void {
  const { id, aliases, package: pkg, severity, fix, ratings, scanners } = finding
  expect(id).not.toBe('')
  expect(aliases).not.toContain(id)
  expect(new Set(aliases).size).toBe(aliases.length)
  expect(pkg.purl).toMatch(/^pkg:[a-z]+\/\S+@\S+$/)
  expect([pkg.name, pkg.version]).not.toContain('')
  expect(severities).toContain(severity)
  expect(fixStates).toContain(fix.state)
  for (const { level, score } of ratings) {
    expect(severities).toContain(level)
    if (score !== undefined) expect(score >= 0 && score <= 10).toBe(true)
  }
  expect(scanners).toEqual([scanner])
}

function expectConsistent({ status: state, gaps, failure }: ScanReport): void {
  expect(['complete', 'partial', 'unsupported', 'failed']).toContain(state)
  expect(failure === undefined).toBe(state !== 'failed')
  if (state === 'complete') expect(gaps).toEqual([])
  if (state === 'partial' || state === 'unsupported') expect(gaps.length).toBeGreaterThan(0)
  for (const { code, message } of gaps) expect([code, message]).not.toContain('')
}

async function contentOf(directory: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return new Map(
    await Promise.all(files.sort().map(async (path) => [path, digestOf(await readFile(path))] as const)),
  )
}

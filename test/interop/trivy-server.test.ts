import { cp, mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import type { Inventory } from '@sallyport/inventory'
import type { Finding, ScanTarget } from '@sallyport/scan'
import { trivyScanner, trivyServerScanner } from '@sallyport/scan/trivy'
import { hasRecords, readRecords, writeTrivyDatabase } from '@sallyport/test-accuracy'
import { requireTool } from '@sallyport/test-tools'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inventoryOf } from './inventory-of-layout.ts'

const updatedAt = new Date('2026-11-25T00:00:00Z')
let directory = ''
let cacheDirectory = ''

const { TMPDIR: temporary } = process.env

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-trivy-'))
  // of this suite alone, so that what it leaves is seen
  await mkdir(join(directory, 'temporary'))
  process.env['TMPDIR'] = join(directory, 'temporary')
  cacheDirectory = join(directory, 'cache')
  if (hasRecords) await writeTrivyDatabase(readRecords(), cacheDirectory, { updatedAt })
})
afterAll(async () => {
  if (temporary === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = temporary
  await rm(directory, { recursive: true, force: true })
})

const ownServer = () => ({ command: requireTool('trivy'), cacheDirectory, skipDatabaseUpdate: true })

async function targetOf(image: 'web' | 'python' | 'node' | 'static'): Promise<ScanTarget> {
  const { inventory, directory: layoutDirectory } = await inventoryOf(image)
  return { subject: inventory.subject, platform: inventory.platform, inventory, layoutDirectory }
}

const byKey = (findings: readonly Finding[]) =>
  findings.toSorted((a, b) => (`${a.id} ${a.package.purl}` < `${b.id} ${b.package.purl}` ? -1 : 1))

describe.skipIf(!hasRecords)(
  'the server of Trivy with the same records as Trivy (skipped where the data folder is absent)',
  () => {
    it.each([
      // brought up to date: nothing in it is vulnerable
      ['web', false],
      ['python', true],
      ['node', true],
      ['static', true],
    ] as const)(
      'finds in the inventory of the image %s what Trivy finds in the image',
      async (image, isVulnerable) => {
        const target = await targetOf(image)
        await using server = trivyServerScanner({ server: ownServer() })
        const ours = await server.scan(target)
        const theirs = await trivyScanner(ownServer()).scan(target)
        expect(theirs.findings.length > 0).toBe(isVulnerable)
        expect(byKey(ours.findings)).toEqual(byKey(theirs.findings))
        expect({ ...ours, findings: [], startedAt: '', finishedAt: '' }).toMatchObject({
          scanner: theirs.scanner,
          data: [{ name: 'trivy-db', updatedAt: '2026-11-25T00:00:00Z', schemaVersion: '2' }],
          gaps: theirs.gaps,
          status: theirs.status,
        })
      },
    )

    it('starts one server for many scans, and leaves neither a process nor files', async () => {
      const before = await temporaryFolders()
      const target = await targetOf('static')
      const server = trivyServerScanner({ server: ownServer() })
      const reports = await Promise.all([server.scan(target), server.scan(target), server.scan(target)])
      expect(new Set(reports.map(({ findings }) => findings.length)).size).toBe(1)
      expect((await temporaryFolders()).length).toBe(before.length + 1)
      await server[Symbol.asyncDispose]()
      expect(await temporaryFolders()).toEqual(before)
      await expect(server.scan(target)).rejects.toMatchObject({ code: 'SCANNER_FAILED' })
    })

    it('starts anew when the files of the database change', async () => {
      const changing = join(directory, 'changing')
      await cp(cacheDirectory, changing, { recursive: true })
      const target = await targetOf('static')
      await using server = trivyServerScanner({ server: { ...ownServer(), cacheDirectory: changing } })
      await server.scan(target)
      const [first] = await temporaryFolders()
      await utimes(join(changing, 'db/trivy.db'), updatedAt, new Date('2026-11-26T00:00:00Z'))
      await server.scan(target)
      const after = await temporaryFolders()
      expect(after).toHaveLength(1)
      expect(after).not.toEqual([first])
    })

    it('does not believe a server that misses the canary, and refuses old data', async () => {
      const target = await targetOf('static')
      const canaries = [
        { purl: 'pkg:deb/debian/openssl@3.0.9-1?distro=debian-12', expect: ['CVE-1999-0001'] },
      ]
      await using blind = trivyServerScanner({ server: ownServer(), canaries })
      await expect(blind.scan(target)).rejects.toMatchObject({ code: 'CANARY_MISSED' })
      await using strict = trivyServerScanner({ server: ownServer(), maxDataAgeMs: 1 })
      await expect(strict.scan(target)).rejects.toMatchObject({ code: 'DATA_UNAVAILABLE' })
    })

    it('judges the packages of the inventory alone: its gaps are gaps of the report', async () => {
      const target = await targetOf('python')
      const inventory: Inventory = {
        ...target.inventory,
        gaps: [{ code: 'UNREADABLE', message: 'not a database', path: '/var/lib/rpm/rpmdb.sqlite' }],
      }
      await using server = trivyServerScanner({ server: ownServer() })
      const report = await server.scan({ ...target, inventory })
      expect(report.status).toBe('partial')
      expect(report.gaps).toContainEqual(expect.objectContaining({ code: 'INVENTORY_GAP' }))
    })
  },
)

const temporaryFolders = async () =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('sallyport-trivy-server-'))

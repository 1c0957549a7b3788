import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import type { Inventory } from '@sallyport/inventory'
import type { Finding, Scanner, ScanTarget } from '@sallyport/scan'
import { grypeScanner } from '@sallyport/scan/grype'
import { trivyScanner } from '@sallyport/scan/trivy'
import { hasRecords, readRecords, writeGrypeDatabase, writeTrivyDatabase } from '@sallyport/test-accuracy'
import { requireTool } from '@sallyport/test-tools'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inventoryOf } from './inventory-of-layout.ts'
import { runTool } from './run-tool.ts'
import { sbomFormatNames, sbomFormats } from './sbom-formats.ts'

const updatedAt = new Date('2026-11-25T00:00:00Z')
let directory = ''
const at = (name: string) => join(directory, name)
let env: Record<string, string> = {}

const scanners = {
  Trivy: (input: 'layout' | 'sbom'): Scanner =>
    trivyScanner({
      command: requireTool('trivy'),
      cacheDirectory: at('trivy'),
      skipDatabaseUpdate: true,
      input,
    }),
  Grype: (input: 'layout' | 'sbom'): Scanner =>
    grypeScanner({
      command: requireTool('grype'),
      cacheDirectory: at('grype'),
      skipDatabaseUpdate: true,
      input,
    }),
}

describe.skipIf(!hasRecords)('our SBOMs, read by scanners (skipped where the data folder is absent)', () => {
  const targets = new Map<string, ScanTarget>()

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sallyport-sboms-'))
    const records = readRecords()
    await writeTrivyDatabase(records, at('trivy'), { updatedAt })
    const database = await writeGrypeDatabase(records, at('grype-input'), { updatedAt })
    env = {
      PATH: process.env['PATH'] ?? '',
      HOME: directory,
      GRYPE_DB_CACHE_DIR: at('grype'),
      GRYPE_DB_AUTO_UPDATE: 'false',
      GRYPE_DB_VALIDATE_AGE: 'false',
      GRYPE_CHECK_FOR_APP_UPDATE: 'false',
    }
    await promisify(execFile)(requireTool('grype'), ['db', 'import', database], { env })
    for (const image of ['python', 'node', 'static'] as const) {
      const { inventory, directory: layoutDirectory } = await inventoryOf(image)
      const { subject, platform } = inventory
      targets.set(image, { subject, platform, inventory, layoutDirectory })
    }
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  const targetOf = (image: string): ScanTarget => targets.get(image)!

  describe.each(['python', 'static'])('of the image %s', (image) => {
    it.each(sbomFormatNames)('show Grype the same packages, distribution and image as %s', async (format) => {
      const { inventory, subject } = targetOf(image)
      const file = at(`${image}-${format.replace(' ', '-')}.json`)
      await writeFile(file, sbomFormats[format](inventory))
      const report = at('report.json')
      const list = at('list.json')
      await runTool('grype', [`sbom:${file}`, '-q', '-o', `json=${report}`, '-o', `cyclonedx-json=${list}`], {
        env,
      })
      const { distro, source } = JSON.parse(await readFile(report, 'utf8')) as GrypeReport
      expect(source.target.manifestDigest).toBe(subject)
      expect(`${distro.name} ${distro.version}`).toBe(
        `${inventory.distro?.id ?? ''} ${inventory.distro?.versionId ?? ''}`,
      )
      const { components = [] } = JSON.parse(await readFile(list, 'utf8')) as {
        readonly components?: readonly { readonly purl?: string }[]
      }
      const purls = components.flatMap(({ purl }) => purl ?? []).map(decodeURIComponent)
      expect(purls.sort()).toEqual(inventory.packages.map(({ purl }) => decodeURIComponent(purl)).sort())
    })
  })

  describe.each(['Trivy', 'Grype'] as const)('%s', (name) => {
    it.each(['python', 'node', 'static'])(
      'finds in the SBOM of the image %s what it finds in the image',
      async (image) => {
        const target = targetOf(image)
        const ofImage = await scanners[name]('layout').scan(target)
        const ofSbom = await scanners[name]('sbom').scan(target)
        expect(ofSbom.findings.length).toBeGreaterThan(0)
        expect(byKey(ofSbom.findings)).toEqual(byKey(ofImage.findings))
        expect(ofSbom).toMatchObject({ subject: target.subject, status: ofImage.status, gaps: ofImage.gaps })
      },
    )

    it('judges the packages of the inventory alone: its gaps are gaps of the report', async () => {
      const target = targetOf('static')
      const inventory: Inventory = {
        ...target.inventory,
        gaps: [{ code: 'UNREADABLE', message: 'not a database', path: '/var/lib/rpm/rpmdb.sqlite' }],
      }
      const report = await scanners[name]('sbom').scan({ ...target, inventory })
      expect(report.status).toBe('partial')
      expect(report.gaps).toEqual([expect.objectContaining({ code: 'INVENTORY_GAP' })])
    })
  })
})

interface GrypeReport {
  readonly distro: { readonly name: string; readonly version: string }
  readonly source: { readonly target: { readonly manifestDigest: string } }
}

/** In order. */
const byKey = (findings: readonly Finding[]) =>
  findings.toSorted((a, b) => (`${a.id} ${a.package.purl}` < `${b.id} ${b.package.purl}` ? -1 : 1))

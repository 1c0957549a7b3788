import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { requireTool } from '@sallyport/test-tools'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasRecords, readRecords } from './read-records.ts'
import { writeGrypeDatabase } from './write-grype-database.ts'
import { writeOsvDatabase } from './write-osv-database.ts'
import { writeTrivyDatabase } from './write-trivy-database.ts'

const updatedAt = new Date('2026-11-25T00:00:00Z')
let directory = ''
const environment = () => ({ PATH: process.env['PATH'] ?? '', HOME: directory })

/** One package of each ecosystem for which there is a record, and that record's CVE. */
const known = [
  ['pkg:deb/debian/apt@2.6.1?arch=amd64&distro=debian-12', 'CVE-2026-109518'],
  ['pkg:npm/mongoose@6.0.0', 'CVE-2022-2564'],
  ['pkg:pypi/aiohttp@3.7.3', 'CVE-2021-21330'],
  ['pkg:golang/github.com/gin-gonic/gin@1.5.0', 'CVE-2020-36567'],
  ['pkg:cargo/openssl@0.8.0', 'CVE-2016-10931'],
  ['pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1', 'CVE-2021-45046'],
] as const

const sbom = () =>
  JSON.stringify({
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    components: [
      { type: 'operating-system', 'bom-ref': 'os', name: 'debian', version: '12' },
      ...known.map(([purl]) => {
        const [path = '', version = ''] = purl.slice('pkg:'.length).split(/[@?]/)
        const [type, ...parts] = path.split('/')
        // OSV-Scanner takes the name as it stands here, the others the purl
        const name = { deb: parts.at(-1), maven: parts.join(':') }[type ?? ''] ?? parts.join('/')
        return { type: 'library', 'bom-ref': purl, name, version, purl }
      }),
    ],
  })

/** Runs a tool that may use other exit codes for "found something". */
async function run(tool: string, args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  await promisify(execFile)(requireTool(tool), args, { env: { ...environment(), ...more } }).catch(
    (error: { code?: unknown; stderr?: string }) => {
      if (tool !== 'osv-scanner' || error.code !== 1) throw error
    },
  )
}

describe.skipIf(!hasRecords)(
  'databases of one set of records (skipped where the data folder is absent)',
  () => {
    const expected = known.map(([, cve]) => cve)

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'sallyport-databases-'))
      await writeFile(join(directory, 'in.cdx.json'), sbom())
    })

    afterAll(() => rm(directory, { recursive: true, force: true }))

    it('holds more than six thousand records, each with an id and a time', () => {
      const records = readRecords()
      expect(records.length).toBeGreaterThan(6000)
      expect(records.filter(({ modified }) => Number.isNaN(Date.parse(modified ?? '')))).toEqual([])
      expect(new Set(records.map(({ id }) => id)).size).toBe(records.length)
    })

    it('lets Trivy find a vulnerable package of each ecosystem', async () => {
      const cache = join(directory, 'trivy')
      await writeTrivyDatabase(readRecords(), cache, { updatedAt })
      const output = join(directory, 'trivy.json')
      const offline = ['--skip-db-update', '--skip-java-db-update', '--offline-scan', '--cache-dir', cache]
      await run('trivy', [
        'sbom',
        ...offline,
        '--format=json',
        '--output',
        output,
        join(directory, 'in.cdx.json'),
      ])
      const report = JSON.parse(await readFile(output, 'utf8')) as {
        Results: { Vulnerabilities?: { VulnerabilityID: string }[] }[]
      }
      const found = report.Results.flatMap(({ Vulnerabilities = [] }) => Vulnerabilities)
      expect(found.map(({ VulnerabilityID }) => VulnerabilityID)).toEqual(expect.arrayContaining(expected))
    })

    it('lets Grype find a vulnerable package of each ecosystem', async () => {
      const database = await writeGrypeDatabase(readRecords(), join(directory, 'grype-input'), { updatedAt })
      const variables = {
        GRYPE_DB_CACHE_DIR: join(directory, 'grype'),
        GRYPE_DB_AUTO_UPDATE: 'false',
        GRYPE_DB_VALIDATE_AGE: 'false',
        GRYPE_CHECK_FOR_APP_UPDATE: 'false',
      }
      await run('grype', ['db', 'import', database], variables)
      const output = join(directory, 'grype.json')
      await run(
        'grype',
        [`sbom:${join(directory, 'in.cdx.json')}`, '-o', 'json', '--file', output],
        variables,
      )
      const report = JSON.parse(await readFile(output, 'utf8')) as {
        matches: { vulnerability: { id: string }; relatedVulnerabilities: { id: string }[] }[]
      }
      const found = report.matches.flatMap(({ vulnerability, relatedVulnerabilities }) => [
        vulnerability.id,
        ...relatedVulnerabilities.map(({ id }) => id),
      ])
      expect(found).toEqual(expect.arrayContaining(expected))
    })

    it('lets OSV-Scanner find a vulnerable package of each ecosystem', async () => {
      await mkdir(join(directory, 'osv'))
      await writeOsvDatabase(readRecords(), join(directory, 'zips'), { updatedAt })
      await symlink(join(directory, 'zips'), join(directory, 'osv/osv-scalibr'))
      const output = join(directory, 'osv.json')
      await run(
        'osv-scanner',
        [
          'scan',
          'source',
          '-L',
          join(directory, 'in.cdx.json'),
          '--offline',
          '--format=json',
          '--output-file',
          output,
        ],
        { OSV_SCALIBR_LOCAL_DB_CACHE_DIRECTORY: join(directory, 'osv') },
      )
      const report = JSON.parse(await readFile(output, 'utf8')) as {
        results: { packages: { groups: { aliases: string[] }[] }[] }[]
      }
      const found = report.results.flatMap(({ packages }) => packages.flatMap(({ groups }) => groups))
      expect(found.flatMap(({ aliases }) => aliases)).toEqual(expect.arrayContaining(expected))
    })
  },
)

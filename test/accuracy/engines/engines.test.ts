import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { diffFindings, mergeReports, type ScanReport } from '@sallyport/scan'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasRecords, readRecords, recordsDirectory } from '../databases/read-records.ts'
import { askChangelogs } from './changelog-oracle.ts'
import { type Figures, listDifferences, measure } from './compare-engines.ts'
import { createScanners, type Scanners } from './create-scanners.ts'
import { minbaseStatus, readChangelogs } from './debian-systems.ts'
import { expectedOf, isRightAlone, readExpected, summarise } from './expected-differences.ts'
import { describeFindings } from './describe-findings.ts'
import { imageCases } from './image-cases.ts'

const updatedAt = new Date('2026-11-25T00:00:00Z')
const expected = readExpected()
const figures: Record<string, Readonly<Record<string, Figures>>> = {}
let directory = ''
let scanners: Scanners

describe.skipIf(!hasRecords)(
  'four engines with the same records (skipped where the data folder is absent)',
  () => {
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'sallyport-engines-'))
      scanners = await createScanners(readRecords(), join(directory, 'databases'), { updatedAt })
    })

    afterAll(() => rm(directory, { recursive: true, force: true }))

    it('has an oracle that says of the minbase what is on record', async () => {
      const path = join(recordsDirectory, 'expected/debian12-minbase-fixable-cves.json')
      const { rows } = JSON.parse(await readFile(path, 'utf8')) as {
        readonly rows: readonly { readonly cves: readonly string[]; readonly binaries: readonly string[] }[]
      }
      const recorded = rows.flatMap(({ cves, binaries }) =>
        binaries.flatMap((binary) => cves.map((cve) => `${binary} ${cve}`)),
      )
      const told = await askChangelogs(minbaseStatus(), readChangelogs(), join(directory, 'oracle'))
      expect([...new Set(told.map((row) => row.replace(/ \S+ /, ' ')))].sort()).toEqual(
        [...new Set(recorded)].sort(),
      )
    })

    it.each(Object.keys(imageCases))(
      'finds in %s what the others find, and what the changelogs say',
      async (image) => {
        const folder = join(directory, image)
        const { target, status } = await imageCases[image]!(folder)
        const [ours, fromFile, ...others] = await Promise.all(
          [scanners.inMemory, scanners.fromFile, ...scanners.others].map((scanner) => scanner.scan(target)),
        )
        const reports = [ours!, ...others]
        const merged = mergeReports(reports)

        expect(fromFile!.findings).toEqual(ours!.findings)
        expect(fromFile!.gaps).toEqual(ours!.gaps)
        expect(debianRows(ours!)).toEqual(
          await askChangelogs(status, readChangelogs(), join(directory, 'dpkg', image)),
        )

        const incomplete = reports.filter((report) => report.status !== 'complete')
        expect(
          Object.fromEntries(
            incomplete.map(({ scanner, status: how, gaps }) => [
              scanner.name,
              { status: how, gaps: gaps.map(({ code }) => code) },
            ]),
          ),
        ).toEqual(expected.coverage[image] ?? {})

        const differences = listDifferences(merged)
        expect(summarise(image, differences, expected)).toEqual(expectedOf(image, expected))

        // what one state has and another lost without a reason, told by the comparison of reports
        const { packages } = target.inventory
        for (const other of others) {
          const { gone } = diffFindings(
            { findings: ours!.findings, packages },
            { findings: other.findings, packages },
          )
          const silent = merged.findings.filter(
            (finding) =>
              finding.scanners.includes(ours!.scanner.name) && !finding.scanners.includes(other.scanner.name),
          )
          expect(
            gone.map(({ finding, reason }) => `${finding.id} ${finding.package.purl} ${reason}`).sort(),
          ).toEqual(silent.map((finding) => `${finding.id} ${finding.package.purl} unexplained`).sort())
        }

        figures[image] = measure(merged, isRightAlone(image, expected))
        const { confirmed, found, right } = figures[image]['sallyport']!
        expect(right).toBe(confirmed)
        expect(right).toBeGreaterThanOrEqual(found * 0.99)
      },
      600_000,
    )

    it('expects differences of images that there are', () => {
      const images = expected.differences.flatMap(({ counts }) => Object.keys(counts))
      expect([...images, ...Object.keys(expected.coverage)].filter((name) => !(name in imageCases))).toEqual(
        [],
      )
    })

    it('tells in docs/accuracy.md what was found', async () => {
      const docs = await readFile(new URL('../../../docs/accuracy.md', import.meta.url), 'utf8')
      const lines = docs.split('\n').map((line) => line.replace(/ +/g, ' '))
      expect(lines).toEqual(expect.arrayContaining([...describeFindings(figures, expected)]))
    })
  },
)

/** What a report says of packages of Debian, in the form of the oracle. */
function debianRows({ findings }: ScanReport): readonly string[] {
  const own = findings.filter(({ package: pkg }) => pkg.type === 'deb')
  return own.map(({ id, package: { name, version } }) => `${name} ${version} ${id}`).sort()
}

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { inventoryOf, subject } from '../internal/inventory.fixture.ts'
import { builtinScanner } from './builtin-scanner.ts'
import {
  packagesOfTrivy,
  packageTypeOf,
  recordedFindings,
  recordedSets,
  recordsOfFixtures,
} from './trivy-fixtures.fixture.ts'

const data = new URL('../../../../../shared/data/scan/', import.meta.url)

const read = (path: string): string => readFileSync(new URL(path, data), 'utf8')

describe.skipIf(!existsSync(data))(
  'package lists and advisories of Trivy’s own tests (skipped where the data folder is absent)',
  () => {
    it.each(recordedSets)(
      '%s: exactly the findings that Trivy recorded',
      async (report, packages, count, distro) => {
        const folder = new URL('trivydb-fixtures/', data)
        const texts = readdirSync(folder)
          .filter((name) =>
            /^(?:alpine|debian|ubuntu|redhat|amazon|photon|opensuse|oracle)\.yaml$/.test(name),
          )
          .map((name) => read(`trivydb-fixtures/${name}`))
        const advisories = recordsOfFixtures(texts, read('trivydb-fixtures/cpe.yaml'))
        const inventory = inventoryOf(
          packagesOfTrivy(packageTypeOf(distro), read(`expected/trivy-os-packages/${packages}.json.golden`)),
          { distro },
        )
        const target = { subject, platform: inventory.platform, inventory, layoutDirectory: '/nowhere' }
        const { findings, gaps } = await builtinScanner({ advisories }).scan(target)
        const recorded = recordedFindings(read(`reports/trivy/${report}.json.golden`))
        expect(recorded).toHaveLength(count)
        expect(
          findings
            .map(({ id, package: { name, version }, fix }) =>
              [id, name, version, fix.versions.join(', ').replace(/^0:/, ''), fix.state].join(' '),
            )
            .sort(),
        ).toEqual(recorded)
        expect(gaps.filter(({ code }) => code !== 'NO_ADVISORIES')).toEqual([])
        expect(gaps.length).toBeLessThanOrEqual(1)
      },
    )
  },
)

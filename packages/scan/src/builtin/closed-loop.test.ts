import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { Distro } from '@sallyport/inventory'
import { describe, expect, it } from 'vitest'
import { inventoryOf, subject } from '../internal/inventory.fixture.ts'
import { builtinScanner } from './builtin-scanner.ts'
import { packagesOfTrivy, recordsOfFixtures, stateOfStatus } from './trivy-fixtures.fixture.ts'

const data = new URL('../../../../../shared/data/scan/', import.meta.url)

interface Recorded {
  readonly VulnerabilityID: string
  readonly PkgName: string
  readonly InstalledVersion: string
  readonly FixedVersion?: string
  readonly Status: string
}

interface Report {
  readonly Results: readonly { readonly Class: string; readonly Vulnerabilities?: readonly Recorded[] }[]
}

const read = (path: string): string => readFileSync(new URL(path, data), 'utf8')

describe.skipIf(!existsSync(data))(
  'package lists and advisories of Trivy’s own tests (skipped where the data folder is absent)',
  () => {
    const sets: readonly (readonly [report: string, packages: string, count: number, distro: Distro])[] = [
      ['alpine-310', 'alpine-310', 4, { id: 'alpine', versionId: '3.10.2', idLike: [] }],
      ['debian-buster', 'debian-buster', 2, { id: 'debian', versionId: '10', idLike: [] }],
      ['ubuntu-1804', 'ubuntu-18.04', 5, { id: 'ubuntu', versionId: '18.04', idLike: [] }],
      ['centos-6', 'centos-6', 2, { id: 'centos', versionId: '6.10', idLike: [] }],
      ['amazon-2', 'amazon-2', 2, { id: 'amzn', versionId: '2', idLike: [] }],
      ['photon-30', 'photon-30', 3, { id: 'photon', versionId: '3.0', idLike: [] }],
      ['opensuse-leap-151', 'opensuse-leap-151', 2, { id: 'opensuse-leap', versionId: '15.1', idLike: [] }],
      ['ubi-7', 'ubi-7', 1, { id: 'rhel', versionId: '7.7', idLike: [] }],
      ['oraclelinux-8', 'oraclelinux-8-slim', 2, { id: 'ol', versionId: '8.0', idLike: [] }],
    ]

    it.each(sets)('%s: exactly the findings that Trivy recorded', async (report, packages, count, distro) => {
      const type = distro.id === 'alpine' ? 'apk' : ['debian', 'ubuntu'].includes(distro.id) ? 'deb' : 'rpm'
      const folder = new URL('trivydb-fixtures/', data)
      const texts = readdirSync(folder)
        .filter((name) => /^(?:alpine|debian|ubuntu|redhat|amazon|photon|opensuse|oracle)\.yaml$/.test(name))
        .map((name) => read(`trivydb-fixtures/${name}`))
      const advisories = recordsOfFixtures(texts, read('trivydb-fixtures/cpe.yaml'))
      const inventory = inventoryOf(
        packagesOfTrivy(type, read(`expected/trivy-os-packages/${packages}.json.golden`)),
        { distro },
      )
      const target = { subject, platform: inventory.platform, inventory, layoutDirectory: '/nowhere' }
      const { findings, gaps } = await builtinScanner({ advisories }).scan(target)
      const recorded = (JSON.parse(read(`reports/trivy/${report}.json.golden`)) as Report).Results.filter(
        (result) => result.Class === 'os-pkgs',
      ).flatMap(({ Vulnerabilities = [] }) => Vulnerabilities)
      expect(recorded).toHaveLength(count)
      expect(
        findings
          .map(({ id, package: { name, version }, fix }) =>
            [id, name, version, fix.versions.join(', ').replace(/^0:/, ''), fix.state].join(' '),
          )
          .sort(),
      ).toEqual(
        recorded
          .map((each) =>
            [
              each.VulnerabilityID,
              each.PkgName,
              each.InstalledVersion,
              each.FixedVersion ?? '',
              stateOfStatus[each.Status],
            ].join(' '),
          )
          .sort(),
      )
      expect(gaps.filter(({ code }) => code !== 'NO_ADVISORIES')).toEqual([])
      expect(gaps.length).toBeLessThanOrEqual(1)
    })
  },
)

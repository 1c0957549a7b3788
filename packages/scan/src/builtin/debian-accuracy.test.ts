import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseAdvisories } from '../advisories/parse-advisories.ts'
import { inventoryOf, packagesOfStatus, subject } from '../internal/inventory.fixture.ts'
import { compareDebianVersions } from '../version/compare-debian-versions.ts'
import { builtinScanner } from './builtin-scanner.ts'

const data = new URL('../../../../../shared/data/scan/', import.meta.url)

interface ChangelogEntry {
  readonly source: string
  readonly version: string
  readonly cves: readonly string[]
}

interface Row {
  readonly source: string
  readonly fixed: string
  readonly cves: readonly string[]
  readonly binaries: readonly string[]
}

function read<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, data), 'utf8')) as T
}

/** One record a CVE and source: fixed in the oldest version whose changelog names it. */
function toRecords(changelogs: Readonly<Record<string, { readonly entries: readonly ChangelogEntry[] }>>) {
  const fixed = new Map<string, Map<string, string>>()
  for (const { entries } of Object.values(changelogs)) {
    for (const { source, version, cves } of entries) {
      for (const cve of cves) {
        const sources = fixed.get(cve) ?? new Map<string, string>()
        const known = sources.get(source)
        if (known === undefined || compareDebianVersions(version, known) === -1) sources.set(source, version)
        fixed.set(cve, sources)
      }
    }
  }
  return [...fixed].map(([cve, sources]) => ({
    id: `DEBIAN-${cve}`,
    modified: '2026-11-25T00:00:00Z',
    upstream: [cve],
    affected: [...sources].map(([name, version]) => ({
      package: { ecosystem: 'Debian:12', name },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: version }] }],
    })),
  }))
}

describe.skipIf(!existsSync(data))('on a real Debian 12 (skipped where the data folder is absent)', () => {
  const scan = async () => {
    const status = readFileSync(new URL('pkgdb/debian12-minbase/var/lib/dpkg/status', data), 'utf8')
    const inventory = inventoryOf(packagesOfStatus(status))
    expect(inventory.packages).toHaveLength(121)
    const records = toRecords(read('advisories/debian/changelog-cves-bookworm.json'))
    expect(records.length).toBeGreaterThan(4000)
    const advisories = parseAdvisories(records.map((record) => JSON.stringify(record)).join('\n'), {
      source: 'changelogs',
    })
    const target = { subject, platform: inventory.platform, inventory, layoutDirectory: '/nowhere' }
    return builtinScanner({ advisories }).scan(target)
  }

  it('finds exactly the 143 pairs of binary package and CVE that the changelogs prove, no more', async () => {
    const { findings, status, gaps } = await scan()
    const { rows } = read<{ readonly rows: readonly Row[] }>('expected/debian12-minbase-fixable-cves.json')
    const expected = new Set(
      rows.flatMap(({ binaries, cves }) => binaries.flatMap((name) => cves.map((cve) => `${name} ${cve}`))),
    )
    expect(expected.size).toBe(143)
    const found = findings.map((finding) => `${finding.package.name} ${finding.id}`)
    expect(found.sort()).toEqual([...expected].sort())
    expect({ status, gaps }).toEqual({ status: 'complete', gaps: [] })
  })

  it('names the same fix versions as Trivy did with the same data', async () => {
    const { findings } = await scan()
    interface Recorded {
      readonly pkg: string
      readonly id: string
      readonly fixed: string
    }
    const recorded = read<readonly Recorded[]>('expected/debian12-minbase-trivy-localdb.json')
    const theirs = recorded.map(({ pkg, id, fixed }) => `${pkg} ${id} ${fixed}`).sort()
    const ours = findings.map(({ id, package: { name }, fix }) => `${name} ${id} ${fix.versions.join(' ')}`)
    expect(ours.sort()).toEqual(theirs)
  })
})

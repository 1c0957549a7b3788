import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseAdvisories } from '../advisories/parse-advisories.ts'
import { inventoryOf, packageOf, subject } from '../internal/inventory.fixture.ts'
import { builtinScanner } from './builtin-scanner.ts'

const data = new URL('../../../../../shared/data/scan/advisories/osv-ubuntu/', import.meta.url)

describe.skipIf(!existsSync(data))('Ubuntu’s own records (skipped where the data folder is absent)', () => {
  it.each([
    ['18.04', 'trafficserver', '7.1.2+ds-3', [['CVE-2020-1944', 'not-fixed', 'medium']]],
    // only a record for Pro speaks of this release
    ['20.04', 'trafficserver', '8.0.5+ds-3', [['CVE-2020-1944', 'not-fixed', 'medium']]],
    // withdrawn
    ['14.04', 'a2ps', '1:4.14-1.1', []],
    ['14.04', 'mongodb', '1:2.4.9-1ubuntu2', [['CVE-2025-14345', 'not-fixed', 'medium']]],
  ])('%s: %s %s', async (versionId, name, version, expected) => {
    const advisories = readdirSync(data).flatMap((file) =>
      parseAdvisories(readFileSync(new URL(file, data)), { source: file }),
    )
    const purl = `pkg:deb/ubuntu/${name}@${encodeURIComponent(version)}`
    const inventory = inventoryOf([packageOf('deb', name, version, { purl })], {
      distro: { id: 'ubuntu', versionId, idLike: ['debian'] },
    })
    const target = { subject, platform: inventory.platform, inventory, layoutDirectory: '/nowhere' }
    const { findings } = await builtinScanner({ advisories }).scan(target)
    expect(findings.map(({ id, fix, severity }) => [id, fix.state, severity])).toEqual(expected)
  })
})

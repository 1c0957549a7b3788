import { describe, expect, it } from 'vitest'
import { inventoryOf, packageOf, subject } from '../internal/inventory.fixture.ts'
import { parseGrypeReport } from './parse-grype.ts'

function parse(fix: object) {
  const report = {
    matches: [
      {
        vulnerability: { id: 'CVE-2026-1001', severity: 'High', fix },
        artifact: { name: 'zlib1g', version: '1', type: 'deb', purl: 'pkg:deb/debian/zlib1g@1' },
      },
    ],
    source: { type: 'image', target: { manifestDigest: subject, architecture: 'amd64', os: 'linux' } },
    distro: { name: 'debian', version: '12' },
    descriptor: {
      name: 'grype',
      version: '0.121.2',
      db: { status: { schemaVersion: 'v6.1.10', built: '2026-11-25T00:00:00Z', valid: true } },
    },
  }
  const inventory = inventoryOf([packageOf('deb', 'zlib1g', '1')])
  return parseGrypeReport(JSON.stringify(report), {
    subject,
    platform: { os: 'linux', architecture: 'amd64' },
    inventory,
    startedAt: '2026-11-25T00:00:00Z',
    finishedAt: '2026-11-25T00:00:01Z',
  }).findings[0]?.fix
}

describe('parseGrypeReport', () => {
  it('tells when the first of several fixes could be had', () => {
    const available = [
      { version: '1.2', date: '2026-10-02', kind: 'advisory' },
      { version: '1.1', date: '2026-09-30', kind: 'first-observed' },
      { version: '1.3', date: '', kind: 'release' },
    ]
    expect(parse({ state: 'fixed', versions: ['1.1', '1.2'], available })).toMatchObject({
      state: 'fixed',
      availableAt: '2026-09-30',
    })
  })

  it.each([
    ['no fix has a date', { state: 'fixed', versions: ['1.1'] }],
    [
      'its date is none',
      { state: 'fixed', versions: ['1.1'], available: [{ version: '1.1', date: 'soon' }] },
    ],
    ['it is not fixed', { state: 'not-fixed', available: null }],
  ])('tells no time when %s', (_title, fix) => {
    expect(parse(fix)?.availableAt).toBeUndefined()
  })
})

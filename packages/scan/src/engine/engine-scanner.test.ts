import { describe, expect, it } from 'vitest'
import type { Finding } from '../finding.ts'
import { inventoryOf, subject } from '../internal/inventory.fixture.ts'
import type { ScanTarget } from '../ports/scanner.ts'
import type { ScanReport } from '../scan-report.ts'
import { type Canary, defaultCanaries } from './canary.ts'
import { engineScanner } from './engine-scanner.ts'

const inventory = inventoryOf([])
const target = { subject, platform: inventory.platform, inventory, layoutDirectory: '/nowhere' }

/** An engine that finds `found` in every package it is given, and counts its scans. */
function scannerOf(
  found: string,
  options: { canaries?: readonly Canary[]; unsafeSkipCanary?: boolean } = {},
) {
  const seen: ScanTarget[] = []
  const state = { identity: 'first' }
  const scanner = engineScanner(
    {
      prepare: async () => ({ data: [], identity: state.identity }),
      async scan(given): Promise<ScanReport> {
        seen.push(given)
        const findings = given.inventory.packages.map(({ purl, type, name, version }): Finding => ({
          id: found,
          aliases: [],
          package: { purl, type, name, version },
          severity: 'high',
          ratings: [],
          fix: { state: 'unknown', versions: [] },
          scanners: ['engine'],
        }))
        return {
          scanner: { name: 'engine', version: '1' },
          subject: given.subject,
          startedAt: '',
          finishedAt: '',
          data: [],
          status: 'complete',
          gaps: [],
          findings,
        }
      },
    },
    { name: 'engine', ...options },
  )
  return { scanner, seen, state }
}

describe('engineScanner', () => {
  it('proves an engine once, and again when its data changed', async () => {
    const { scanner, seen, state } = scannerOf('CVE-2023-5363')
    await scanner.scan(target)
    await scanner.scan(target)
    expect(seen.map((each) => each.subject === subject)).toEqual([false, true, true])
    expect(seen[0]?.inventory.packages.map(({ purl }) => purl)).toEqual(
      defaultCanaries.map(({ purl }) => purl),
    )
    state.identity = 'second'
    await scanner.scan(target)
    expect(seen.map((each) => each.subject === subject)).toEqual([false, true, true, false, true])
  })

  it('does not believe one that misses the canary, and asks again next time', async () => {
    const { scanner, seen } = scannerOf('CVE-1999-0001')
    await expect(scanner.scan(target)).rejects.toMatchObject({ code: 'CANARY_MISSED', scanner: 'engine' })
    await expect(scanner.scan(target)).rejects.toMatchObject({ code: 'CANARY_MISSED' })
    expect(seen.some((each) => each.subject === subject)).toBe(false)
  })

  it.each([
    ['no canary', []],
    ['no purl', [{ purl: 'openssl', expect: ['CVE-1'] }]],
    ['a package that cannot be planted', [{ purl: 'pkg:maven/a/b@1', expect: ['CVE-1'] }]],
  ])('refuses %s', async (_, canaries) => {
    const { scanner } = scannerOf('CVE-1', { canaries })
    await expect(scanner.scan(target)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
  })

  it('refuses an inventory of another image before anything runs', async () => {
    const { scanner, seen } = scannerOf('CVE-2023-5363')
    const other = inventoryOf([], { subject: `sha256:${'0'.repeat(64)}` })
    await expect(scanner.scan({ ...target, inventory: other })).rejects.toMatchObject({
      code: 'SUBJECT_MISMATCH',
    })
    expect(seen).toEqual([])
  })
})

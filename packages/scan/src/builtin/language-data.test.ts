import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createAdvisoryIndex } from '../advisories/advisory-index.ts'
import { evaluateAffected } from '../advisories/evaluate-affected.ts'
import { parseAdvisories } from '../advisories/parse-advisories.ts'
import { inventoryOf, packageOf } from '../internal/inventory.fixture.ts'
import { matchInventory } from './match-inventory.ts'

const data = new URL('../../../../../shared/data/scan/advisories/', import.meta.url)

function load(path: string) {
  return parseAdvisories(readFileSync(new URL(path, data)), { source: path })
}

describe.skipIf(!existsSync(data))('published OSV data (skipped where the data folder is absent)', () => {
  it.each([
    ['osv-go/go.jsonl', 'golang', 511],
    ['osv-pypi/pypi.jsonl', 'pypi', 395],
  ] as const)(
    '%s: each fix is a version that is not affected, each list entry one that is',
    (file, type, count) => {
      const records = load(file)
      expect(records).toHaveLength(count)
      const wrong: string[] = []
      let checked = 0
      for (const { id, affected } of records) {
        for (const entry of affected ?? []) {
          for (const listed of entry.versions ?? []) {
            checked++
            if (evaluateAffected(type, listed, entry).status !== 'affected') wrong.push(`${id} ${listed}`)
          }
          for (const { fixed } of (entry.ranges ?? []).flatMap(({ type: kind, events }) =>
            kind === 'GIT' ? [] : events,
          )) {
            if (fixed === undefined) continue
            checked++
            const evaluation = evaluateAffected(type, fixed, entry)
            if (evaluation.status === 'affected' && !entry.versions?.includes(fixed))
              wrong.push(`${id} fixed ${fixed}`)
          }
        }
      }
      expect(checked).toBeGreaterThan(400)
      expect(wrong).toEqual([])
    },
  )

  it('finds advisories of the Go standard library and of modules', () => {
    const index = createAdvisoryIndex(load('osv-go/go.jsonl'))
    const inventory = inventoryOf(
      [packageOf('golang', 'stdlib', 'go1.20.1'), packageOf('golang', 'golang.org/x/net', 'v0.5.0')],
      { distro: undefined },
    )
    const { findings, gaps, judged } = matchInventory(inventory, index, { scanner: 'test' })
    expect({ gaps, judged }).toEqual({ gaps: [], judged: 2 })
    // CVE-2023-24534: net/http header parsing, fixed in Go 1.19.8 and 1.20.3
    const header = findings.find(({ id }) => id === 'CVE-2023-24534')
    expect(header).toMatchObject({
      package: { name: 'stdlib' },
      fix: { state: 'fixed', versions: ['1.20.3'] },
    })
    expect(header?.aliases).toContain('GO-2023-1704')
    expect(findings.find(({ id }) => id === 'CVE-2022-41723')?.package.name).toBe('golang.org/x/net')
  })

  it('joins PYSEC and GHSA ids, and reads names by PEP 503', () => {
    const index = createAdvisoryIndex(load('osv-pypi/pypi.jsonl'))
    const find = (name: string, version: string) =>
      matchInventory(inventoryOf([packageOf('pypi', name, version)]), index, { scanner: 'test' }).findings
    expect(find('aiohttp', '3.7.3').map(({ id }) => id)).toContain('CVE-2021-21330')
    expect(find('AIOHTTP', '3.7.3')).toHaveLength(find('aiohttp', '3.7.3').length)
    const redirect = find('aiohttp', '3.7.3').find(({ id }) => id === 'CVE-2021-21330')
    expect(redirect?.aliases).toEqual(['GHSA-v6wp-4m6f-gcjg', 'PYSEC-2021-76'])
    expect(redirect?.fix).toEqual({ state: 'fixed', versions: ['3.7.4'], suggested: '3.7.4' })
  })
})

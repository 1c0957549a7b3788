import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { sqliteJournal } from './sqlite-journal.ts'

const names = ['CVE-1', 'CVE-2', 'GHSA-1', 'GHSA-2', 'DSA-1']
const instant = (day: number): string => new Date(Date.UTC(2026, 0, 1 + day)).toISOString()

const finding = fc.record({
  id: fc.constantFrom(...names),
  aliases: fc.uniqueArray(fc.constantFrom(...names), { maxLength: 2 }),
  purl: fc.constantFrom('pkg:npm/a@1', 'pkg:npm/a@2', 'pkg:npm/b@1'),
})
const batch = fc.record({
  line: fc.constantFrom('prod.example/x', 'prod.example/y'),
  day: fc.nat(20),
  findings: fc.array(finding, { maxLength: 5 }),
})
type Batch = typeof batch extends fc.Arbitrary<infer T> ? T : never

/** What ought to be kept, worked out the long way: names that share a batch entry are joined until nothing changes. */
function apply(seen: Map<string, number>, { line, day, findings }: Batch): number[] {
  const keys = findings.map(({ id, aliases, purl }) =>
    [id, ...aliases].map((name) => `${line} ${purl.split('@')[0]} ${name}`),
  )
  for (const key of keys.flat()) seen.set(key, Math.min(seen.get(key) ?? day, day))
  for (let changed = true; changed;) {
    changed = false
    for (const group of keys) {
      const first = Math.min(...group.map((key) => seen.get(key)!))
      for (const key of group) {
        if (seen.get(key) !== first) changed = true
        seen.set(key, first)
      }
    }
  }
  return keys.map(([key]) => seen.get(key!)!)
}

it('first-seen times are those of a model, whatever comes in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { maxLength: 8 }), async (batches) => {
      await using journal = sqliteJournal(':memory:')
      const seen = new Map<string, number>()
      for (const each of batches) {
        const expected = apply(seen, each).map(instant)
        expect(await journal.noteFirstSeen(each.line, each.findings, instant(each.day))).toEqual(expected)
        expect(await journal.firstSeen(each.line, each.findings)).toEqual(expected)
      }
    }),
    { numRuns: 100 },
  )
})

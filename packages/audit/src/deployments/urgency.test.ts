import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { auditClasses } from '../audit-class.ts'
import type { Deployment } from '../audit-record.ts'
import { digest, record } from './record.fixture.ts'
import { sortByUrgency, urgencyOf } from './urgency.ts'

const runs = (matchedBy: Deployment['matchedBy'], count = 1): Deployment[] =>
  Array.from({ length: count }, (_, at) => ({ workload: `Pod ${at}`, matchedBy }))
const critical = { verdict: 'fail', reasons: [], findings: { critical: 1 } } as const

describe('urgencyOf', () => {
  it.each([
    ['a flagged one that runs', { class: 'legacy-only', deployments: runs('config') }, { class: 'error' }],
    [
      'one that surely runs',
      { class: 'no-sbom', deployments: runs('index') },
      { class: 'error', deployments: runs('tag', 500) },
    ],
    [
      'one that may run',
      { class: 'no-sbom', deployments: runs('tag') },
      { class: 'unsigned', deployments: [] },
    ],
    ['the worse class', { class: 'unsigned' }, { class: 'no-sbom', judgement: critical }],
    [
      'one with critical findings',
      { class: 'no-sbom', judgement: critical, deployments: runs('tag') },
      { class: 'no-sbom', deployments: runs('tag', 500) },
    ],
    [
      'one that runs more often',
      { class: 'no-sbom', deployments: runs('tag', 3) },
      { class: 'no-sbom', deployments: runs('tag', 2) },
    ],
    [
      'any that is flagged',
      { class: 'legacy-only' },
      { class: 'compliant', deployments: runs('index', 9), judgement: critical },
    ],
    ['any that is flagged (beside evidence)', { class: 'legacy-only' }, { class: undefined }],
  ] as const)('puts %s first', (_title, first, second) => {
    expect(urgencyOf(first)).toBeGreaterThan(urgencyOf(second))
  })
})

describe('sortByUrgency', () => {
  const records = fc.array(
    fc
      .record({
        digest: fc.integer({ max: 5, min: 0 }).map(String).map(digest),
        class: fc.constantFrom(...auditClasses, undefined),
        deployments: fc.constantFrom(undefined, [], runs('tag'), runs('index', 2)),
        repository: fc.constantFrom('a', 'b'),
      })
      .map(record),
  )

  it('keeps each, the most urgent first, and depends on no order', () => {
    fc.assert(
      fc.property(records, fc.infiniteStream(fc.nat()), (all, random) => {
        const sorted = sortByUrgency(all)
        const urgencies = sorted.map(urgencyOf)
        expect(urgencies).toEqual(urgencies.toSorted((one, other) => other - one))
        expect(new Set(sorted)).toEqual(new Set(all))
        const shuffled = all
          .map((each) => ({ each, at: random.next().value as number }))
          .sort((one, other) => one.at - other.at)
          .map(({ each }) => each)
        expect(sortByUrgency(shuffled).map(keyOf)).toEqual(sorted.map(keyOf))
      }),
    )
  })
})

const keyOf = (each: ReturnType<typeof record>): unknown[] => [each.repository, each.digest, urgencyOf(each)]

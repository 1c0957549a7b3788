import { describe, expect, it } from 'vitest'
import { coverageOf, findCoverageGap } from './trace-coverage.ts'
import type { UsageEvidence } from './usage-evidence.ts'

const evidence = (change: Partial<UsageEvidence> = {}): UsageEvidence => ({
  source: 'test',
  images: [],
  coverage: 'complete',
  observes: ['exec', 'open'],
  records: [],
  missing: [],
  gaps: [],
  from: '2026-01-01T00:00:00Z',
  to: '2026-01-01T01:00:00Z',
  ...change,
})
const gap = { code: 'LOST_EVENTS', message: 'lost', count: 1 } as const

describe('coverageOf', () => {
  it.each([
    ['none', 'without a recording', []],
    ['complete', 'with one of all', [evidence()]],
    ['partial', 'with one that does not say so', [evidence({ coverage: 'partial' })]],
    ['partial', 'with one that has a gap', [evidence({ gaps: [gap] })]],
    ['partial', 'with opened files alone', [evidence({ observes: ['open'] })]],
    [
      'complete',
      'with two that complement each other',
      [evidence({ observes: ['open'] }), evidence({ observes: ['exec'] })],
    ],
    ['complete', 'with one more that is partial', [evidence(), evidence({ coverage: 'partial' })]],
  ] as const)('is %s %s', (expected, _, list) => {
    expect(coverageOf(list)).toBe(expected)
  })
})

describe('findCoverageGap', () => {
  const asked = { minimumCoverage: { windowMs: 3_600_000, records: 10 } }
  it.each([
    ['nothing', [evidence()], 10, undefined],
    ['a recording', [], 10, /no complete recording/],
    ['completeness', [evidence({ gaps: [gap] })], 10, /not complete: test: lost/],
    ['time', [evidence({ from: '2026-01-01T00:30:00Z' })], 10, /lasted 1800000 ms/],
    ['times at all', [evidence({ from: undefined })], 10, /lasted 0 ms/],
    ['time of a part', [evidence(), evidence({ observes: ['exec'], from: undefined })], 10, undefined],
    ['files', [evidence()], 9, /name 9 files/],
  ])('says that %s is missing', (_, list, matched, expected) => {
    const found = findCoverageGap(list, matched, asked)
    if (expected === undefined) expect(found).toBeUndefined()
    else expect(found).toMatch(expected)
  })
})

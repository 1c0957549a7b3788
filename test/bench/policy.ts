import { type BenchRow, median, toRow } from './bench-row.ts'
import { decideCases, type PolicyBenchCase } from './policy-cases.ts'

const warmUps = 30
const rounds = 101
/** Longest time of a decision that is acceptable, in milliseconds. */
const mostMs = 10

/** Judges 10,000 findings by 200 rules and 500 waivers, in a running program. */
export async function benchPolicy(): Promise<readonly BenchRow[]> {
  return decideCases().map((one) =>
    toRow(
      { case: one.title, metric: 'median ms of a decision' },
      measure(one),
      {},
      one.isLimited ? { type: 'figure', most: mostMs } : { type: 'none' },
    ),
  )
}

function measure({ decide }: PolicyBenchCase): number {
  for (let round = 0; round < warmUps; round++) decide()
  const times = Array.from({ length: rounds }, () => {
    const started = performance.now()
    decide()
    return performance.now() - started
  })
  return median(times) ?? 0
}

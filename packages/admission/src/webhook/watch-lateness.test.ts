import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { watchLateness } from './watch-lateness.ts'

function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

it('tells how long a turn took, for a while', async () => {
  let elapsed = 0
  using lateness = watchLateness(() => elapsed)
  // Until it measures.
  await expect.poll(async () => (block(150), await wait(25), lateness.ms)).toBeGreaterThanOrEqual(100)
  elapsed = 10_000
  expect(lateness.ms).toBeGreaterThanOrEqual(100)
  elapsed = 30_000
  expect(lateness.ms).toBeLessThan(100)
})

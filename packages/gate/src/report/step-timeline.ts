import { barChart, type Html } from '@sallyport/policy/report'
import type { ReleaseRecord } from '../record/release-record.ts'

/**
 * Steps on a scale from the start of a promotion to its end: each bar is the time from the end of the step before it to its
 * own. `undefined` when the times of the record are none.
 */
export function stepTimeline({ startedAt, finishedAt, steps }: ReleaseRecord): Html | undefined {
  const started = Date.parse(startedAt)
  const ended = steps
    .map(({ step, at }) => ({ step, at: Date.parse(at) - started }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => one.at - other.at)
  if (ended.length < steps.length || ended.length === 0 || !(Date.parse(finishedAt) >= started))
    return undefined
  return barChart({
    label: 'When each step ended, after the one before it',
    parts: [{ name: 'since the step before', tone: 'link' }],
    bars: ended.map(({ step, at }, index) => {
      const start = ended[index - 1]?.at ?? 0
      return {
        label: step,
        value: `at ${formatMs(at)}, ${formatMs(at - start)} after the one before`,
        tracks: [{ counts: new Map([['since the step before' as const, at - start]]), start }],
      }
    }),
    format: formatMs,
  })
}

const formatMs = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

import { count, type Html, markup } from '@sallyport/policy/report'

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

/** A span in its largest unit, such as `3 hours`. */
function describeSpan(ms: number): string {
  for (const [unit, size] of units) if (ms >= size) return count(Math.floor(ms / size), unit)
  return 'a moment'
}

/** How long ago an instant was, or how long until it; text that is no instant stays as it is. */
function describeAge(instant: string, now: Date): string {
  const ms = now.getTime() - Date.parse(instant)
  if (Number.isNaN(ms)) return instant
  return ms >= 0 ? `${describeSpan(ms)} ago` : `in ${describeSpan(-ms)}`
}

/** An instant as its age, with the instant for machines and for who looks closer. */
export const age = (instant: string, now: Date): Html =>
  markup`<time datetime="${instant}" title="${instant}">${describeAge(instant, now)}</time>`

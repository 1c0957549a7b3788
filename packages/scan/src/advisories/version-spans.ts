import { compareVersions } from '../version/compare-versions.ts'
import { isUnparseable, type UnparseableVersion, type VersionOrder } from '../version/version-order.ts'
import type { OsvRange } from './osv.schema.ts'

/** An end of a span. */
export interface Bound {
  readonly version: string
  readonly inclusive: boolean
}

/** Versions between two bounds; a missing bound is open. */
export interface VersionSpan {
  readonly from?: Bound | undefined
  readonly to?: Bound | undefined
}

/** Ranges in OSV form, and the versions inside of them that do not belong (a lower bound `>` has no event). */
export interface SpanRanges {
  readonly ranges: readonly OsvRange[]
  readonly except: readonly string[]
}

/** Writes spans of versions of a package of type `type` as OSV ranges. */
export function toRanges(type: string, spans: readonly VersionSpan[]): SpanRanges {
  const open = spans.flatMap(({ from }) => (from === undefined || from.inclusive ? [] : [from.version]))
  return {
    ranges: spans.map(({ from, to }) => ({
      type: 'ECOSYSTEM',
      events: [
        { introduced: from?.version ?? '0' },
        ...(to === undefined ? [] : [to.inclusive ? { last_affected: to.version } : { fixed: to.version }]),
      ],
    })),
    // where one span starts behind a version, another may hold it
    except: open.filter((version) => !spans.some((span) => holds(type, span, version))),
  }
}

/** Whether a version lies in a span; also when that cannot be said. */
function holds(type: string, { from, to }: VersionSpan, version: string): boolean {
  return (
    (from === undefined || isWithin(compareVersions(type, version, from.version), 1, from.inclusive)) &&
    (to === undefined || isWithin(compareVersions(type, version, to.version), -1, to.inclusive))
  )
}

function isWithin(order: VersionOrder | UnparseableVersion, side: 1 | -1, inclusive: boolean): boolean {
  return isUnparseable(order) || order === side || (order === 0 && inclusive)
}

/**
 * Joins constraints (`>= 1.0`, `<2`, `= 3`) into the span that all of them allow; `undefined` when one cannot be read or
 * none is left.
 */
export function spanOf(type: string, constraints: readonly string[]): VersionSpan | undefined {
  let span: VersionSpan | undefined
  for (const constraint of constraints) {
    // trimmed first: blanks around would let the expression try each split of them
    const match = /^(>=|<=|==|=|>|<)?\s*([^\s<>=!~^,|*]+)$/.exec(constraint.trim().slice(0, 2048))
    if (match === null) return undefined
    const [, operator = '=', version = ''] = match
    const bound: Bound = { version, inclusive: operator.includes('=') }
    span ??= {}
    if (operator !== '<' && operator !== '<=') span = { ...span, from: later(type, span.from, bound) }
    if (operator !== '>' && operator !== '>=') span = { ...span, to: earlier(type, span.to, bound) }
  }
  return span
}

function later(type: string, a: Bound | undefined, b: Bound): Bound {
  if (a === undefined) return b
  const order = compareVersions(type, a.version, b.version)
  if (isUnparseable(order)) return b
  return order === 0 ? (a.inclusive ? b : a) : order === 1 ? a : b
}

function earlier(type: string, a: Bound | undefined, b: Bound): Bound {
  if (a === undefined) return b
  const order = compareVersions(type, a.version, b.version)
  if (isUnparseable(order)) return b
  return order === 0 ? (a.inclusive ? b : a) : order === -1 ? a : b
}

/** The spans that lie in none of `spans`; `undefined` when their bounds have no order. */
export function complementOf(
  type: string,
  spans: readonly VersionSpan[],
): readonly VersionSpan[] | undefined {
  let failed = false
  const order = (a: string, b: string): number => {
    const result = compareVersions(type, a, b)
    if (!isUnparseable(result)) return result
    failed = true
    return 0
  }
  const sorted = [...spans].sort((a, b) => {
    if (a.from === undefined || b.from === undefined)
      return Number(b.from === undefined) - Number(a.from === undefined)
    return order(a.from.version, b.from.version) || Number(b.from.inclusive) - Number(a.from.inclusive)
  })
  const gaps: VersionSpan[] = []
  /** Up to where everything is covered; `open` at the start, `undefined` when all is covered. */
  let covered: Bound | 'start' | undefined = 'start'
  for (const { from, to } of sorted) {
    if (covered === undefined) break
    if (from !== undefined && !touches(covered, from, order)) {
      gaps.push({
        from: covered === 'start' ? undefined : { version: covered.version, inclusive: !covered.inclusive },
        to: { version: from.version, inclusive: !from.inclusive },
      })
    }
    if (to === undefined) covered = undefined
    else if (covered === 'start') covered = to
    else {
      const difference = order(to.version, covered.version)
      if (difference > 0 || (difference === 0 && to.inclusive)) covered = to
    }
  }
  if (covered === 'start') gaps.push({})
  else if (covered !== undefined)
    gaps.push({ from: { version: covered.version, inclusive: !covered.inclusive } })
  return failed ? undefined : gaps
}

/** Whether nothing lies between the covered part and the next span. */
function touches(covered: Bound | 'start', from: Bound, order: (a: string, b: string) => number): boolean {
  if (covered === 'start') return false
  const difference = order(from.version, covered.version)
  return difference < 0 || (difference === 0 && (from.inclusive || covered.inclusive))
}

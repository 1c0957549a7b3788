/** One row of a benchmark. */
export interface BenchRow {
  readonly case: string
  readonly metric: string
  readonly ours: number
  /** The peers' figures; `null` for one that is not installed. */
  readonly peers: Readonly<Record<string, number | null>>
  /** Ours divided by the best peer's; below 1 is better. */
  readonly ratio: number | null
  readonly target: string
  readonly ok: boolean
}

/** What a figure of ours must be: at most a part of the best peer's, at most a number, or just known. */
export type Target =
  | { readonly type: 'ratio'; readonly most: number }
  | { readonly type: 'figure'; readonly most: number }
  | { readonly type: 'none' }

/** Compares medians. A peer that is missing makes a row with a ratio not ok. */
export function toRow(
  names: Pick<BenchRow, 'case' | 'metric'>,
  ours: number,
  peers: Readonly<Record<string, number | null>>,
  target: Target,
): BenchRow {
  const known = Object.values(peers).filter((value) => value !== null)
  const best = Math.min(...known)
  const ratio = known.length === 0 || best === 0 ? null : Number((ours / best).toFixed(2))
  const complete = known.length === Object.keys(peers).length
  switch (target.type) {
    case 'ratio': {
      const ok = complete && ratio !== null && ratio <= target.most
      return { ...names, ours, peers, ratio, target: `≤ ${target.most} of the best peer`, ok }
    }
    case 'figure':
      return { ...names, ours, peers, ratio, target: `≤ ${target.most}`, ok: ours <= target.most }
    case 'none':
      return { ...names, ours, peers, ratio, target: 'none', ok: true }
  }
}

/** The middle value, `null` of none. */
export function median(values: readonly number[]): number | null {
  const middle = values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]
  return middle === undefined ? null : Number(middle.toFixed(3))
}

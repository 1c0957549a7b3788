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

/** A contender; it resolves when its work is done. Absent when it is not installed. */
export type Contender<Stage> = ((stage: Stage) => Promise<void>) | undefined

/** Options of {@link compareSeconds}. */
export interface CompareOptions<Stage> {
  /** Makes what each run works on, new for each, so that nobody profits from another's work. Not timed. */
  readonly setUp: () => Promise<Stage>
  readonly title: string
  readonly rounds: number
  /** Largest ratio to the best peer that is good enough. */
  readonly maxRatio: number
}

/** Times ours and the peers alternately and compares medians. A peer that is missing makes the row not ok. */
export async function compareSeconds<Stage extends AsyncDisposable>(
  ours: NonNullable<Contender<Stage>>,
  peers: Readonly<Record<string, Contender<Stage>>>,
  { title, rounds, maxRatio, setUp }: CompareOptions<Stage>,
): Promise<BenchRow> {
  const contenders: [string, Contender<Stage>][] = [['ours', ours], ...Object.entries(peers)]
  const times = new Map<string, number[]>(contenders.map(([name]) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, contender] of contenders) {
      if (!contender) continue
      await using stage = await setUp()
      const started = performance.now()
      await contender(stage)
      times.get(name)!.push((performance.now() - started) / 1000)
    }
  }
  const median = (name: string) => {
    const sorted = times.get(name)!.sort((one, other) => one - other)
    return sorted.length === 0 ? null : Number(sorted[Math.floor(sorted.length / 2)]!.toFixed(3))
  }
  const own = median('ours')!
  const figures = Object.fromEntries(Object.keys(peers).map((name) => [name, median(name)]))
  const known = Object.values(figures).filter((value) => value !== null)
  const ratio = known.length === 0 ? null : Number((own / Math.min(...known)).toFixed(2))
  return {
    case: title,
    metric: 'seconds, median',
    ours: own,
    peers: figures,
    ratio,
    target: `≤ ${maxRatio} of the best peer`,
    ok: known.length === Object.keys(peers).length && ratio !== null && ratio <= maxRatio,
  }
}

import type { UsageEvidence } from './usage-evidence.ts'

/**
 * What recordings can tell of the whole image. `complete`: which programs start and which files are opened is known, so
 * that what is not in them was not used. `partial`: they tell what is used, not what is not.
 */
export type TraceCoverage = 'none' | 'partial' | 'complete'

/** What all recordings of an image can tell together. */
export function coverageOf(evidence: readonly UsageEvidence[]): TraceCoverage {
  if (evidence.length === 0) return 'none'
  const seen = new Set(evidence.flatMap((one) => (isComplete(one) ? one.observes : [])))
  return seen.has('exec') && seen.has('open') ? 'complete' : 'partial'
}

/** What recordings must have before packages are removed because of them alone. */
export interface TraceOnlyOptions {
  /** The least that they must have. */
  readonly minimumCoverage: {
    /** Shortest time that a complete recording of programs, and one of files, must have lasted, in milliseconds. */
    readonly windowMs: number
    /** Fewest records of files that the image holds. */
    readonly records: number
  }
}

/**
 * Why packages can't be removed by recordings alone; `undefined` when they can. `matched`: how many records are of files
 * that the image holds.
 */
export function findCoverageGap(
  evidence: readonly UsageEvidence[],
  matched: number,
  { minimumCoverage: { windowMs, records } }: TraceOnlyOptions,
): string | undefined {
  if (coverageOf(evidence) !== 'complete') {
    const gap = evidence.flatMap(({ source, gaps }) => gaps.map(({ message }) => `${source}: ${message}`))[0]
    return gap === undefined
      ? 'no complete recording of the programs that start and of the files that are opened'
      : `the recordings are not complete: ${gap}`
  }
  for (const kind of ['exec', 'open'] as const) {
    const longest = Math.max(
      0,
      ...evidence.filter((one) => isComplete(one) && one.observes.includes(kind)).map(windowOf),
    )
    if (longest < windowMs)
      return `the longest complete recording (${kind}) lasted ${longest} ms, less than the ${windowMs} that are asked for`
  }
  if (matched < records)
    return `the recordings name ${matched} files of the image, less than the ${records} that are asked for`
  return undefined
}

const isComplete = ({ coverage, gaps }: UsageEvidence) => coverage === 'complete' && gaps.length === 0

function windowOf({ from, to }: UsageEvidence): number {
  const window = Date.parse(to ?? '') - Date.parse(from ?? '')
  return Number.isNaN(window) ? 0 : Math.max(0, window)
}

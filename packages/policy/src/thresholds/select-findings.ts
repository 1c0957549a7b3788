import { bitsOf, type FindingIndex, isUnknown, noteBitsOf } from './finding-index.ts'
import type { Threshold } from './threshold.ts'

/** What a threshold finds. */
export interface SelectedFindings {
  /** Positions of findings that count against its limit, ascending. */
  readonly counted: readonly number[]
  /** Positions of those of unknown severity that it names, those that it leaves out by a note too. */
  readonly unknown: readonly number[]
}

/**
 * Finds what belongs to a threshold's bucket. Without recordings nobody knows what is executed or loaded, so a bucket of
 * these holds what is `linked` or `possible` too.
 */
export function selectFindings(
  threshold: Threshold,
  index: FindingIndex,
  { traced }: { readonly traced: boolean },
): SelectedFindings {
  const { severity, fix, kev, except = [] } = threshold
  const allowed = bitsOf({ severity, fix, kev, usage: widenUsage(threshold, traced) })
  const excepted = noteBitsOf(except)
  const namesUnknown = severity?.includes('unknown') === true
  const found = narrow(threshold, index, candidates(threshold, index, allowed))
  return {
    counted: excepted === 0 ? found : found.filter((position) => (index.bits[position]! & excepted) === 0),
    unknown: namesUnknown ? found.filter((position) => isUnknown(index.bits[position]!)) : [],
  }
}

function widenUsage({ usage }: Threshold, traced: boolean): Threshold['usage'] {
  const mayRun = !traced && usage?.some((one) => one === 'executed' || one === 'loaded')
  return usage && mayRun ? [...usage, 'linked', 'possible'] : usage
}

/** Positions with allowed attributes, ascending; of the packages that the threshold names, where it does. */
function candidates(
  { package: named }: Threshold,
  { bits, buckets, packages }: FindingIndex,
  allowed: number,
): readonly number[] {
  if (named) return packages.named(named).filter((position) => (bits[position]! & ~allowed) === 0)
  const matching: (readonly number[])[] = []
  for (const [attributes, positions] of buckets) {
    if ((attributes & ~allowed) === 0) matching.push(positions)
  }
  if (matching.length < 2) return matching[0] ?? []
  // each is ascending, several after another are not
  const sorted = Uint32Array.from(matching.flat()).sort()
  return Array.from(sorted)
}

/** Those of the candidates that are of an ecosystem, an age and a prediction that the threshold asks for. */
function narrow(
  { ecosystem, age, epss }: Threshold,
  index: FindingIndex,
  positions: readonly number[],
): readonly number[] {
  let left = positions
  if (ecosystem) {
    const { of } = index.packages
    const chosen = index.packages.ofTypes(ecosystem)
    left = left.filter((position) => chosen[of[position]!] === 1)
  }
  if (age) {
    const starts = index.starts(age.since)
    const { now } = index
    const youngest = now - age.atLeast
    // only a date in the past grants grace: a missing one compares with nothing
    left = left.filter((position) => !(starts[position]! > youngest && starts[position]! <= now))
  }
  if (epss) {
    const { probability, percentile } = index.predictions
    const { atLeast = 0, percentile: least = 0, missing } = epss
    left = left.filter((position) => !(probability[position]! < atLeast || percentile[position]! < least))
    if (missing === 'skip') left = left.filter((position) => !Number.isNaN(probability[position]!))
  }
  return left
}

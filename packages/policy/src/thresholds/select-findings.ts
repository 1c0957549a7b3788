import { bitsOf, type FindingIndex, isUnknown, noteBitsOf } from './finding-index.ts'
import type { Threshold } from './threshold.ts'

/** What a threshold finds. */
export interface SelectedFindings {
  /** Positions of findings that count against its limit, ascending. */
  readonly counted: readonly number[]
  /** Positions of those of unknown severity that it speaks of, those that it leaves out by name too. */
  readonly unknown: readonly number[]
}

type Test = (position: number) => boolean

/**
 * Finds what belongs to a threshold's bucket. Without recordings nobody knows what is executed or loaded, so a bucket of
 * these holds what is `linked` or `possible` too.
 */
export function selectFindings(
  threshold: Threshold,
  index: FindingIndex,
  { traced }: { readonly traced: boolean },
): SelectedFindings {
  const { severity, fix, kev, except } = threshold
  const allowed = bitsOf({ severity, fix, kev, usage: widenUsage(threshold, traced) })
  const excepted = except === undefined ? 0 : noteBitsOf(except)
  const namesUnknown = severity?.includes('unknown') === true
  const tests = testsOf(threshold, index)
  const counted: number[] = []
  const unknown: number[] = []
  let buckets = 0
  for (const [bits, positions] of index.buckets) {
    if ((bits & ~allowed) !== 0) continue
    const left = (bits & excepted) !== 0
    const judgesUnknown = namesUnknown && isUnknown(bits)
    if (left && !judgesUnknown) continue
    const before = counted.length
    for (const position of positions) {
      if (!tests.every((test) => test(position))) continue
      if (!left) counted.push(position)
      if (judgesUnknown) unknown.push(position)
    }
    if (counted.length > before) buckets++
  }
  // each bucket is in order of position, several after another are not
  if (buckets > 1) counted.sort((one, other) => one - other)
  return { counted, unknown }
}

function widenUsage({ usage }: Threshold, traced: boolean): Threshold['usage'] {
  const mayRun = !traced && usage?.some((one) => one === 'executed' || one === 'loaded')
  return usage && mayRun ? [...usage, 'linked', 'possible'] : usage
}

/** What buckets can't tell. */
function testsOf({ age, epss, ecosystem, package: named }: Threshold, index: FindingIndex): readonly Test[] {
  const tests: Test[] = []
  if (named) {
    const chosen = index.packages.matching(named)
    tests.push((position) => chosen[index.packages.of[position]!] === 1)
  }
  if (ecosystem) {
    const chosen = index.packages.ofTypes(ecosystem)
    tests.push((position) => chosen[index.packages.of[position]!] === 1)
  }
  if (age) {
    const starts = index.starts(age.since)
    // true of a start that is missing or still to come: only a date in the past grants grace
    tests.push((position) => !(starts[position]! <= index.now && index.now - starts[position]! < age.atLeast))
  }
  if (epss) {
    const { atLeast = 0, percentile = 0, missing } = epss
    tests.push((position) => {
      const score = index.findings[position]!.epss
      return score === undefined
        ? missing === 'count'
        : !(score.probability < atLeast) && !(score.percentile < percentile)
    })
  }
  return tests
}

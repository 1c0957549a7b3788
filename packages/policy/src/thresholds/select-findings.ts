import { bitsOf, type FindingIndex, isUnknown, noteBitsOf, unanalysedBits } from './finding-index.ts'
import type { Threshold } from './threshold.ts'

/** What a threshold finds. */
export interface SelectedFindings {
  /** Positions of findings that count against its limit, ascending. */
  readonly counted: readonly number[]
  /**
   * Positions of those of unknown severity that it names, those that it leaves out by a note too. What counts only for want
   * of recordings is not named by it: it would else be limited less than with them.
   */
  readonly unknown: readonly number[]
}

/**
 * Finds what belongs to a threshold's bucket. Without recordings nobody knows what is executed or loaded, so a bucket of
 * these holds what is `linked` or `possible` too; with them, what is in packages that nobody analysed.
 */
export function selectFindings(
  threshold: Threshold,
  index: FindingIndex,
  { traced }: { readonly traced: boolean },
): SelectedFindings {
  const { severity, fix, kev, usage, except = [] } = threshold
  const asked = bitsOf({ severity, fix, kev, usage })
  const allowed = bitsOf({ severity, fix, kev, usage: widenUsage(threshold, traced) })
  const unanalysed = unanalysedBits(bitsOf({ severity, fix, kev, usage: widenUsage(threshold, false) }))
  const excepted = noteBitsOf(except)
  const candidates = union(
    withBits(threshold, index, allowed),
    traced && usage ? withBits(threshold, index, unanalysed) : [],
  )
  const found = narrow(threshold, index, candidates)
  return {
    counted: excepted === 0 ? found : found.filter((position) => (index.bits[position]! & excepted) === 0),
    unknown: severity?.includes('unknown')
      ? found.filter((position) => isUnknown(index.bits[position]!) && (index.bits[position]! & ~asked) === 0)
      : [],
  }
}

function widenUsage({ usage }: Threshold, traced: boolean): Threshold['usage'] {
  const mayRun = !traced && usage?.some((one) => one === 'executed' || one === 'loaded')
  return usage && mayRun ? [...usage, 'linked', 'possible'] : usage
}

/** Positions with allowed attributes, ascending; of the packages that the threshold names, where it does. */
function withBits({ package: named }: Threshold, index: FindingIndex, allowed: number): readonly number[] {
  if (!named) return index.withBits(allowed)
  return index.packages.named(named).filter((position) => (index.bits[position]! & ~allowed) === 0)
}

/** Of two ascending lists, without what both have. */
function union(one: readonly number[], other: readonly number[]): readonly number[] {
  if (other.length === 0) return one
  return [...new Set([...one, ...other])].sort((a, b) => a - b)
}

/** Those of the candidates that are of an ecosystem, an age and a prediction that the threshold asks for. */
function narrow(
  { ecosystem, age, epss }: Threshold,
  index: FindingIndex,
  positions: readonly number[],
): readonly number[] {
  if (!ecosystem && !age && !epss) return positions
  const { now } = index
  const chosen = ecosystem && index.packages.ofTypes(ecosystem)
  const packageOf = ecosystem && index.packages.of
  const probability = epss && index.predictions.probability
  const percentile = epss && index.predictions.percentile
  const { atLeast: leastProbability = 0, percentile: leastPercentile = 0, missing = 'count' } = epss ?? {}
  const left: number[] = []
  // one loop over plain numbers: with hundreds of rules this is where the time goes
  for (const position of positions) {
    if (chosen && packageOf && chosen[packageOf[position]!] === 0) continue
    if (probability && percentile) {
      if (probability[position]! < leastProbability || percentile[position]! < leastPercentile) continue
      if (missing === 'skip' && Number.isNaN(probability[position])) continue
    }
    if (age) {
      // only a date in the past grants grace: a missing one compares with nothing
      const start = index.startOf(age.since, position)
      if (start > now - age.atLeast && start <= now) continue
    }
    left.push(position)
  }
  return left
}

import type { Usage } from '@sallyport/harden'
import type { FixState, Severity } from '@sallyport/scan'
import { parseSourceDate } from '../parse-instant.ts'
import type { JudgedFinding } from '../judged-finding.ts'
import { indexPackages, type PackageIndex } from './package-index.ts'
import { indexUpgrades, type UpgradeIndex } from './upgrade-index.ts'
import type { AgeSince, FindingNote, KevState } from './threshold.ts'

/** Each value of an attribute has a bit of its own; a finding has one of each attribute. */
const severityBits: Readonly<Record<Severity, number>> = {
  unknown: 1 << 0,
  negligible: 1 << 1,
  low: 1 << 2,
  medium: 1 << 3,
  high: 1 << 4,
  critical: 1 << 5,
}
const fixBits: Readonly<Record<FixState, number>> = {
  fixed: 1 << 6,
  'not-fixed': 1 << 7,
  'wont-fix': 1 << 8,
  deferred: 1 << 9,
  'end-of-life': 1 << 10,
  unknown: 1 << 11,
}
const usageBits: Readonly<Record<Usage, number>> = {
  executed: 1 << 12,
  loaded: 1 << 13,
  linked: 1 << 14,
  possible: 1 << 15,
  present: 1 << 16,
}
const kevBits = { due: 1 << 17, overdue: 1 << 18, none: 1 << 19 } as const
const noteBits: Readonly<Record<FindingNote | 'none', number>> = {
  'kernel-not-shipped': 1 << 20,
  none: 1 << 21,
}
const analysisBits = { known: 1 << 22, none: 1 << 23 } as const
const everything = (1 << 24) - 1
/** Stands for a date that no rule has asked for yet; no date is so early. */
const unread = -Infinity

/** Which values of the attributes a threshold asks for. */
export interface Bucket {
  readonly severity?: readonly Severity[] | undefined
  readonly fix?: readonly FixState[] | undefined
  readonly usage?: readonly Usage[] | undefined
  readonly kev?: readonly KevState[] | undefined
}

/** Findings by what thresholds ask of them, so that a rule looks only at those of its bucket. */
export interface FindingIndex {
  readonly findings: readonly JudgedFinding[]
  readonly now: number
  /** Bits of the attributes, by position. */
  readonly bits: Int32Array
  /** Positions of findings that have no other bits than these, ascending. */
  withBits(allowed: number): readonly number[]
  /** The instant from which the age of the finding at a position is counted; `NaN` where nobody knows. */
  startOf(since: AgeSince, position: number): number
  /** Exploit predictions, by position; `NaN` where there is none, infinite where it is no number. */
  readonly predictions: { readonly probability: Float64Array; readonly percentile: Float64Array }
  /** What mends findings. */
  readonly upgrades: UpgradeIndex
  readonly packages: PackageIndex
}

const indexes = new WeakMap<readonly JudgedFinding[], FindingIndex>()

/** The index of a list of findings at a time; made once for all rules that judge the same list. */
export function findingIndexOf(findings: readonly JudgedFinding[], now: Date): FindingIndex {
  const known = indexes.get(findings)
  if (known?.now === now.getTime()) return known
  const index = indexFindings(findings, now.getTime())
  indexes.set(findings, index)
  return index
}

/** Bits that a finding of a bucket may have. */
export function bitsOf({ severity, fix, usage, kev }: Bucket): number {
  let bits = everything
  if (severity) bits &= ~all(severityBits) | some(severityBits, severity)
  if (fix) bits &= ~all(fixBits) | some(fixBits, fix)
  if (usage) bits &= ~all(usageBits) | some(usageBits, usage)
  if (kev) bits &= ~all(kevBits) | kev.reduce((sum, state) => sum | bitsOfKev(state), 0)
  return bits
}

/** Of these bits those that findings of packages have that nobody analysed. */
export const unanalysedBits = (bits: number): number => bits & ~analysisBits.known

/** Bits of findings with one of these notes. */
export const noteBitsOf = (notes: readonly FindingNote[]): number => some(noteBits, notes)

/** Whether findings with these bits have an unknown severity. */
export const isUnknown = (bits: number): boolean => (bits & severityBits.unknown) !== 0

function indexFindings(findings: readonly JudgedFinding[], now: number): FindingIndex {
  const bits = Int32Array.from(findings, (finding) => bitsOfFinding(finding, now))
  const selections = new Map<number, readonly number[]>()
  const starts = new Map<AgeSince, Float64Array>()
  let predictions: FindingIndex['predictions'] | undefined
  let upgrades: UpgradeIndex | undefined
  let packages: PackageIndex | undefined
  return {
    findings,
    now,
    bits,
    withBits(allowed) {
      // many rules differ in nothing but an age, a package or a limit
      const known = selections.get(allowed) ?? selectBits(bits, allowed)
      selections.set(allowed, known)
      return known
    },
    startOf(since, position) {
      let known = starts.get(since)
      if (!known) starts.set(since, (known = new Float64Array(findings.length).fill(unread)))
      if (known[position] === unread) known[position] = readStart(findings[position]!, since)
      return known[position]!
    },
    get predictions() {
      return (predictions ??= readPredictions(findings))
    },
    get upgrades() {
      return (upgrades ??= indexUpgrades(findings))
    },
    get packages() {
      return (packages ??= indexPackages(findings))
    },
  }
}

function selectBits(bits: Int32Array, allowed: number): readonly number[] {
  const forbidden = ~allowed
  const positions: number[] = []
  for (let position = 0; position < bits.length; position++) {
    if ((bits[position]! & forbidden) === 0) positions.push(position)
  }
  return positions
}

function bitsOfFinding({ severity, fix, usage, isAnalysed, kev, note }: JudgedFinding, now: number): number {
  return (
    (severityBits[severity] ?? severityBits.unknown) |
    (fixBits[fix.state] ?? fixBits.unknown) |
    // a word of use that is not known is as good as no analysis
    (usageBits[usage] ?? usageBits.possible) |
    (kev === undefined ? kevBits.none : isDue(kev.dueDate, now) ? kevBits.due : kevBits.overdue) |
    (noteBits[note ?? 'none'] ?? noteBits.none) |
    (isAnalysed === false ? analysisBits.none : analysisBits.known)
  )
}

/** Whether there is time left: the due date is a day, and its end by UTC is still to come. */
function isDue(dueDate: string | undefined, now: number): boolean {
  return dueDate !== undefined && now < parseSourceDate(dueDate.slice(0, 10)) + 86_400_000
}

function bitsOfKev(state: KevState): number {
  switch (state) {
    case 'listed':
      return kevBits.due | kevBits.overdue
    case 'overdue':
      return kevBits.overdue
    case 'not-listed':
      return kevBits.none
  }
}

function readStart(finding: JudgedFinding, since: AgeSince): number {
  const text = dateOf(finding, since)
  return text === undefined ? Number.NaN : parseSourceDate(text)
}

function readPredictions(findings: readonly JudgedFinding[]): FindingIndex['predictions'] {
  const probability = new Float64Array(findings.length).fill(Number.NaN)
  const percentile = new Float64Array(findings.length).fill(Number.NaN)
  for (let position = 0; position < findings.length; position++) {
    const score = findings[position]!.epss
    if (score === undefined) continue
    // what can't be compared with a limit is above it
    probability[position] = Number.isNaN(score.probability) ? Infinity : score.probability
    percentile[position] = Number.isNaN(score.percentile) ? Infinity : score.percentile
  }
  return { probability, percentile }
}

function dateOf({ since: dates }: JudgedFinding, since: AgeSince): string | undefined {
  switch (since) {
    case 'disclosure':
      return dates?.disclosure
    case 'fix':
      return dates?.fix ?? dates?.disclosure
    case 'first-seen':
      return dates?.firstSeen
  }
}

function all(bits: Readonly<Record<string, number>>): number {
  return Object.values(bits).reduce((sum, bit) => sum | bit, 0)
}

function some<Key extends string>(bits: Readonly<Record<Key, number>>, keys: readonly Key[]): number {
  return keys.reduce((sum, key) => sum | bits[key], 0)
}

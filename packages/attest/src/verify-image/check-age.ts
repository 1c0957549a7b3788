import { isTimestamp } from '../internal/is-timestamp.ts'
import type { Statement } from '../statement/statement.ts'
import { predicateTypes } from '../statement/statement.ts'
import type { VerifiedEvidence } from '../verify/evidence.ts'
import type { EvidenceProblem } from './evidence-problem.ts'
import { findByPointer } from './json-pointer.ts'

/** How far clocks may differ. */
const skewMs = 5 * 60_000

/**
 * Where predicates name their own time. The time of a judgement always counts: signing an old one again does not make
 * it new. The time of a description only counts where no other bounds its age: builds that can be repeated set it freely.
 */
const ownTimes: Readonly<Record<string, { readonly path: string; readonly ofJudgement: boolean }>> = {
  [predicateTypes.vsa]: { path: '/timeVerified', ofJudgement: true },
  [predicateTypes.svr]: { path: '/timeCreated', ofJudgement: true },
  [predicateTypes.vulns]: { path: '/metadata/scanFinishedOn', ofJudgement: true },
  [predicateTypes.cosignVuln]: { path: '/metadata/scanFinishedOn', ofJudgement: true },
  [predicateTypes.cosignCustom]: { path: '/Timestamp', ofJudgement: false },
  [predicateTypes.provenance]: { path: '/runDetails/metadata/finishedOn', ofJudgement: false },
  [predicateTypes.provenanceV02]: { path: '/metadata/buildFinishedOn', ofJudgement: false },
  [predicateTypes.cyclonedx]: { path: '/metadata/timestamp', ofJudgement: false },
  [predicateTypes.spdx]: { path: '/creationInfo/created', ofJudgement: false },
  [predicateTypes.openvex]: { path: '/timestamp', ofJudgement: false },
}

/** How old a piece of evidence may be. */
export interface EvidenceDates {
  /** It may be as old as this. */
  readonly oldest: Date
  /** The latest time that it names. */
  readonly latest: Date
}

/**
 * Between which times evidence was made, by the times that count; `undefined` when nothing bounds its age.
 *
 * A log or timestamp authority proves that a signature is no younger than the time. Whoever has an old signature can
 * drop that time and get a new one, so alone it does not prove that the signature is no older. A certificate does,
 * because it is valid only for a while; of a signature by a key only what was signed with it says how old it is.
 */
export function dateEvidence({
  signer,
  times,
  statement,
}: Pick<VerifiedEvidence, 'signer' | 'times' | 'statement'>): EvidenceDates | undefined {
  const own = ownTime(statement)
  const isKey = signer.kind === 'key'
  if (own === undefined && (isKey || times.length === 0)) return undefined
  const ownCounts = own !== undefined && (isKey || own.ofJudgement || times.length === 0)
  const counting = [...times.map(({ time }) => time.getTime()), ...(ownCounts ? [own.time] : [])]
  const since = isKey ? undefined : signer.validFrom?.getTime()
  return {
    oldest: new Date(Math.min(...counting, ...(since === undefined ? [] : [since]))),
    latest: new Date(Math.max(...counting)),
  }
}

/** Whether evidence is too old, by the oldest of the times that count. Times in the future are refused too. */
export function checkAge(
  evidence: Pick<VerifiedEvidence, 'signer' | 'times' | 'statement'>,
  { maxAgeMs, now }: { readonly maxAgeMs: number | undefined; readonly now: Date },
): EvidenceProblem | undefined {
  if (maxAgeMs === undefined) return undefined
  const dates = dateEvidence(evidence)
  if (dates === undefined) {
    return {
      code: 'age-unknown',
      message:
        evidence.signer.kind === 'key'
          ? 'the predicate names no time, a timestamp of a signature by a key can be renewed, and a maximum age is required'
          : 'no verified time and none in the predicate says how old it is, and a maximum age is required',
    }
  }
  const { oldest, latest } = dates
  if (latest.getTime() > now.getTime() + skewMs) {
    return {
      code: 'from-the-future',
      message: `it names a time after ${now.toISOString()}: ${latest.toISOString()}`,
    }
  }
  if (now.getTime() - oldest.getTime() <= maxAgeMs) return undefined
  return {
    code: 'too-old',
    message: `it may be of ${oldest.toISOString()}, more than ${maxAgeMs} ms before ${now.toISOString()}`,
  }
}

/** Until when {@link checkAge} finds evidence young enough; `undefined` when no age is required. */
export function freshUntil(
  evidence: Pick<VerifiedEvidence, 'signer' | 'times' | 'statement'>,
  maxAgeMs: number | undefined,
): Date | undefined {
  const dates = maxAgeMs === undefined ? undefined : dateEvidence(evidence)
  return dates && new Date(dates.oldest.getTime() + maxAgeMs!)
}

function ownTime({
  predicateType,
  predicate,
}: Statement): { readonly time: number; readonly ofJudgement: boolean } | undefined {
  const place = Object.hasOwn(ownTimes, predicateType) ? ownTimes[predicateType] : undefined
  if (place === undefined) return undefined
  const found = findByPointer(predicate, place.path)
  if (!found.found || typeof found.value !== 'string' || !isTimestamp(found.value)) return undefined
  return { time: Date.parse(found.value), ofJudgement: place.ofJudgement }
}

import type { Descriptor, Digest } from '@sallyport/core'
import type { Decision } from '@sallyport/policy'
import { GateError } from '../errors.ts'
import type { Journal, PromotionKey } from '../ports/journal.ts'
import type { EvidenceDocument } from '../steps/describe-evidence.ts'
import type { PromotedSubject } from '../steps/attach-evidence.ts'
import type { PlatformSummary } from './platform-summary.ts'

const oneDayMs = 86_400_000

/** Everything that a promotion found out about its images, to be attached, recorded and told. */
export interface KeptJudgement {
  /** ISO 8601 time of the decision. */
  readonly decidedAt: string
  /** Statements to be attached. */
  readonly documents: readonly EvidenceDocument[]
  /** The images, one for each platform. */
  readonly images: readonly Descriptor[]
  /** The index that lists them, where there is one. */
  readonly index?: Descriptor | undefined
  /** That about the index, or about the one image. */
  readonly decision: Decision
  /** In the order of `images`. */
  readonly platforms: readonly PlatformSummary[]
}

/** Options of {@link keepJudgement}. */
export interface KeepJudgementOptions {
  readonly journal: Journal
  /** Default 24 hours. */
  readonly evidenceMaxAgeMs?: number | undefined
  readonly now: Date
  /** Whether nothing has run out that an earlier one rests on. */
  readonly stands: (earlier: KeptJudgement) => boolean
}

/**
 * What an earlier attempt found out that came to the same judgement, or what this one found out, which is then kept.
 * Without it each attempt would attach documents that differ in their times only.
 *
 * @throws {GateError} `JOURNAL_CORRUPT` when what was kept can't be read.
 */
export async function keepJudgement(
  key: PromotionKey,
  judgement: Digest,
  describe: () => Promise<Omit<KeptJudgement, 'decidedAt'>>,
  { journal, evidenceMaxAgeMs, now, stands }: KeepJudgementOptions,
): Promise<KeptJudgement> {
  const earlier = await findJudgement(journal, key, judgement)
  if (earlier && isYoungEnough(earlier.decidedAt, now, evidenceMaxAgeMs) && stands(earlier)) return earlier
  const found = await describe()
  const decidedAt = now.toISOString()
  await journal.saveEvidence(key, { judgement, decidedAt, documents: JSON.stringify(found) })
  return { ...found, decidedAt }
}

/**
 * Reads what was kept.
 *
 * @throws {GateError} `JOURNAL_CORRUPT` when it can't be read.
 */
export async function findJudgement(
  journal: Journal,
  key: PromotionKey,
  judgement: Digest,
): Promise<KeptJudgement | undefined> {
  const kept = await journal.findEvidence(key, judgement)
  return kept && { ...parseKept(kept.documents), decidedAt: kept.decidedAt }
}

/** Like {@link findJudgement} where it has to be there. */
export async function readJudgement(
  journal: Journal,
  key: PromotionKey,
  judgement: Digest,
): Promise<KeptJudgement> {
  const kept = await findJudgement(journal, key, judgement)
  if (kept) return kept
  throw new GateError(
    'JOURNAL_CORRUPT',
    `the judgement ${judgement} of promotion ${key} is not there any more`,
  )
}

/** What was decided, each with the time at which it was. */
export function decidedSubjects({
  images,
  index,
  platforms,
  decision,
}: Pick<KeptJudgement, 'images' | 'index' | 'platforms' | 'decision'>): readonly PromotedSubject[] {
  const subjects = images.map((descriptor, at) => ({ descriptor, decision: platforms[at]!.decision }))
  return index ? [...subjects, { descriptor: index, decision }] : subjects
}

/** Whether a time is not in the future, and not longer ago than `maxAgeMs` (default 24 hours). */
export function isYoungEnough(time: string, now: Date, maxAgeMs = oneDayMs): boolean {
  const ageMs = now.getTime() - Date.parse(time)
  return ageMs >= 0 && ageMs <= maxAgeMs
}

function parseKept(text: string): Omit<KeptJudgement, 'decidedAt'> {
  try {
    const kept = JSON.parse(text) as Omit<KeptJudgement, 'decidedAt'>
    if (Array.isArray(kept.images) && kept.images.length === kept.platforms.length) return kept
    throw new TypeError('not what a promotion keeps')
  } catch (cause) {
    throw new GateError('JOURNAL_CORRUPT', 'the evidence of an earlier attempt can not be read', { cause })
  }
}

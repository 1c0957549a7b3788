import type { Digest } from '@sallyport/core'
import { GateError } from '../errors.ts'
import type { Journal, PromotionKey } from '../ports/journal.ts'
import type { EvidenceDocument } from '../steps/describe-evidence.ts'

const oneDayMs = 86_400_000

/** Options of {@link keepEvidence}. */
export interface KeepEvidenceOptions {
  readonly journal: Journal
  /** Default 24 hours. */
  readonly evidenceMaxAgeMs?: number | undefined
  readonly now: Date
}

/** Documents to attach, and the time of the decision that they belong to. */
export interface KeptEvidence {
  readonly documents: readonly EvidenceDocument[]
  readonly decidedAt: string
}

/**
 * The evidence of an earlier attempt that came to the same judgement, or new evidence, which is then kept. Without it
 * each attempt would attach documents that differ in their times only.
 *
 * @throws {GateError} `JOURNAL_CORRUPT` when the kept evidence can't be read.
 */
export async function keepEvidence(
  key: PromotionKey,
  judgement: Digest,
  describe: () => readonly EvidenceDocument[],
  { journal, evidenceMaxAgeMs = oneDayMs, now }: KeepEvidenceOptions,
): Promise<KeptEvidence> {
  const earlier = await journal.findEvidence(key, judgement)
  if (earlier) {
    const ageMs = now.getTime() - new Date(earlier.decidedAt).getTime()
    if (ageMs >= 0 && ageMs <= evidenceMaxAgeMs) {
      return { documents: parseDocuments(earlier.documents), decidedAt: earlier.decidedAt }
    }
  }
  const documents = describe()
  const decidedAt = now.toISOString()
  await journal.saveEvidence(key, { judgement, decidedAt, documents: JSON.stringify(documents) })
  return { documents, decidedAt }
}

function parseDocuments(text: string): readonly EvidenceDocument[] {
  try {
    return JSON.parse(text) as readonly EvidenceDocument[]
  } catch (cause) {
    throw new GateError('JOURNAL_CORRUPT', 'the evidence of an earlier attempt can not be read', { cause })
  }
}

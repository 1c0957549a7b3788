import { type Descriptor, type Digest, isSallyportError } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import type { WaiverFile } from '@sallyport/policy'
import type { GateContext } from '../promote/gate-context.ts'
import { trustOf } from '../promote/gate-signer.ts'
import { findJudgement, isYoungEnough, type KeptJudgement } from '../promote/kept-judgement.ts'
import type { AttachedEvidence } from '../record/attached-evidence.ts'
import type { Resolution } from '../promote/resolution.ts'
import type { PromotionKey } from '../ports/journal.ts'
import { judgementStands } from './decision-stands.ts'
import { compareScannerData } from './scanner-data.ts'
import { verifyTarget } from './verify-target.ts'

/** Name under which the journal keeps what {@link findUnchanged} needs. */
export const resultStep = 'result'

/** What a promotion that passed left, as the journal keeps it. */
export interface PromotionResult {
  readonly judgement: Digest
  readonly root: Descriptor
  readonly evidence: readonly AttachedEvidence[]
}

/** What is asked of {@link findUnchanged}. */
export interface FindUnchangedOptions {
  readonly key: PromotionKey
  readonly target: Repository
  /** Where the tag is. */
  readonly expected: Digest
  /** Those of the gate and of approvals, as they stand now. */
  readonly waivers: readonly WaiverFile[] | undefined
  readonly now: Date
  readonly signal?: AbortSignal | undefined
}

/**
 * The earlier promotion of the same inputs that makes this one needless: it passed, the tag is where it put it, all of
 * its content and evidence verifies there, its decision is young enough and rests on nothing that has changed since.
 * Neither journal nor target is believed alone. `undefined`: judge anew.
 */
export async function findUnchanged(
  gate: GateContext,
  { key, target, expected, waivers, now, signal }: FindUnchangedOptions,
): Promise<{ readonly attempt: number; readonly state: NonNullable<Resolution['unchanged']> } | undefined> {
  const { journal } = gate
  const entry = await journal.find(key)
  if (entry?.verdict !== 'pass' || entry.targetDigest !== expected) return undefined
  const step = await journal.findStep(key, entry.attempt, resultStep)
  if (!step) return undefined
  const { judgement, root, evidence } = step.output as unknown as PromotionResult
  if (root.digest !== expected) return undefined
  const kept = await findJudgement(journal, key, judgement)
  if (!kept || !(await stillCounts(gate, kept, { now, waivers, signal }))) return undefined
  try {
    const verified = await verifyTarget(target, kept.images, kept.index, evidence, {
      trust: trustOf(gate),
      signal,
    })
    return { attempt: entry.attempt, state: { judgement, root, evidence: verified } }
  } catch (error) {
    signal?.throwIfAborted()
    if (isSallyportError(error) && error.code === 'VERIFICATION_FAILED') return undefined
    throw error
  }
}

/** Whether an image would be judged the same today, as far as that can be told without scanning it. */
async function stillCounts(
  { scanners, ignore, gatherFacts, evidenceMaxAgeMs, reuseDecisionMaxAgeMs = 0 }: GateContext,
  kept: KeptJudgement,
  { now, waivers, signal }: Pick<FindUnchangedOptions, 'now' | 'waivers' | 'signal'>,
): Promise<boolean> {
  const { decidedAt } = kept
  if (!isYoungEnough(decidedAt, now, evidenceMaxAgeMs)) return false
  if (!judgementStands(kept, { now, waivers, ignore })) return false
  const data = await compareScannerData(scanners, kept.decision, signal)
  // What others gather may be something else by now.
  if (data === 'unknown' || (data === 'same' && gatherFacts))
    return reuseDecisionMaxAgeMs > 0 && isYoungEnough(decidedAt, now, reuseDecisionMaxAgeMs)
  return data === 'same'
}

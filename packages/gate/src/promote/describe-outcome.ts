import { GateError } from '../errors.ts'
import { judgementOf } from '../steps/attest-promotion.ts'
import type { GateContext } from './gate-context.ts'
import { readJudgement } from './kept-judgement.ts'
import type { PassedOutcome, PromotionOutcome } from './outcome.ts'
import { type Candidate, type Preparation, type Publication, type Resolution, rootOf } from './resolution.ts'
import type { StepMemory } from './step-options.ts'

/** The outcome of a promotion whose tag is where it should be. */
export async function describePassed(
  gate: GateContext,
  { resolution, preparation, attestation, verification }: Candidate,
  { moved }: Publication,
  memory: StepMemory,
): Promise<PassedOutcome> {
  const { decision, platforms } = await judgementOf(gate, resolution, preparation, memory)
  const { blobs, manifests } = preparation.pushed
  const descriptor = rootOf(preparation)
  return {
    verdict: 'pass',
    key: resolution.key,
    target: resolution.destination,
    digest: descriptor.digest,
    descriptor,
    sourceDigest: resolution.source.descriptor.digest,
    previousDigest: resolution.previousDigest,
    changed: moved || blobs + manifests + attestation.written > 0,
    decision,
    platforms,
    evidence: verification.evidence,
    record: await recordOf(gate, resolution),
  }
}

/** The outcome of a promotion for which there was nothing to do. */
export async function describeUnchanged(
  gate: GateContext,
  resolution: Resolution,
  { judgement, root, evidence }: NonNullable<Resolution['unchanged']>,
): Promise<PassedOutcome> {
  const { decision, platforms } = await readJudgement(gate.journal, resolution.key, judgement)
  return {
    verdict: 'pass',
    key: resolution.key,
    target: resolution.destination,
    digest: root.digest,
    descriptor: root,
    sourceDigest: resolution.source.descriptor.digest,
    previousDigest: resolution.previousDigest,
    changed: false,
    decision,
    platforms,
    evidence,
    record: await recordOf(gate, resolution),
  }
}

/** The outcome of an image that did not pass. */
export async function describeStopped(
  { quarantine }: GateContext,
  { key, source }: Resolution,
  { verdict, quarantine: id }: Preparation & { readonly verdict: 'fail' | 'error' },
): Promise<PromotionOutcome> {
  const entry = await quarantine.get(id)
  if (!entry) throw new GateError('QUARANTINE_UNKNOWN', `quarantine has no record ${id} any more`)
  const { record } = entry
  const { decision, platforms } = record
  if (verdict === 'fail') {
    const sourceDigest = source.descriptor.digest
    return { verdict, key, sourceDigest, decision, platforms, quarantine: record }
  }
  const reasons = decision.reasons.filter(({ effect }) => effect === 'error').map(({ message }) => message)
  const message = `${source.name} could not be judged: ${reasons.join('; ')}`
  const error = new GateError('UNJUDGED', message, { step: 'decide' })
  return { verdict, key, error, decision, platforms, quarantine: record }
}

async function recordOf({ journal }: GateContext, { key }: Resolution) {
  const record = await journal.findRecord(key)
  if (record) return record
  throw new GateError('JOURNAL_CORRUPT', `the release record of promotion ${key} is not there any more`)
}

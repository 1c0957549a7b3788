import type { GateContext } from '../promote/gate-context.ts'
import { signedBy } from '../promote/gate-signer.ts'
import type { KeptJudgement } from '../promote/kept-judgement.ts'
import type { PromotionRequest } from '../promote/request.ts'
import {
  type PassedPreparation,
  type Preparation,
  type Resolution,
  rootOf,
  type Verification,
} from '../promote/resolution.ts'
import { openSteps, type StepOptions } from '../promote/step-options.ts'
import { toGateError } from '../promote/to-gate-error.ts'
import type { Json } from '../ports/durable-steps.ts'
import { buildReleaseRecord } from '../record/build-release-record.ts'
import { nameSigner } from '../record/signed-by.ts'
import { judgementOf } from './attest-promotion.ts'
import { type PromotionResult, resultStep } from './find-unchanged.ts'
import { afterPublication } from './publish-promotion.ts'
import { verifierOf } from './verifier-of.ts'

/**
 * Step `record`: writes the release record, closes what older sources left in quarantine, and notes in the journal that
 * the promotion passed. Call it only after `publish` has ended well.
 *
 * @throws {GateError} saying that the tag has moved and the record is not complete.
 */
export async function recordPromotion(
  gate: GateContext,
  request: PromotionRequest,
  resolution: Resolution,
  preparation: PassedPreparation,
  { evidence }: Verification,
  options: StepOptions = {},
): Promise<void> {
  const { journal, quarantine, clock, signer } = gate
  const { key, attempt, source, destination, startedAt } = resolution
  const root = rootOf(preparation)
  try {
    await openSteps(gate, resolution, options).run('record', undefined, async () => {
      const kept = await judgementOf(gate, resolution, preparation, options.memory)
      const finishedAt = clock.now().toISOString()
      const result: PromotionResult = { judgement: preparation.judgement, root, evidence }
      await journal.saveStep(key, attempt, {
        name: resultStep,
        output: result as unknown as Json,
        at: finishedAt,
      })
      const steps = (await journal.steps(key, attempt)).filter(({ name }) => name !== resultStep)
      const signers = {
        evidence: nameSigner(signedBy(signer.evidence)),
        release: nameSigner(signedBy(signer.release)),
      }
      const verifierId = verifierOf(gate, request.tier)
      const parts = { request, resolution, kept, evidence, verifierId, signers, steps, finishedAt }
      await journal.saveRecord(buildReleaseRecord(parts), attempt)
      await alert(gate, request, resolution, kept)
      await quarantine.supersede({
        source: source.name,
        destination,
        tier: request.tier,
        sourceDigest: source.descriptor.digest,
        resolvedAt: startedAt,
      })
      await journal.finish(key, { finishedAt, verdict: 'pass', targetDigest: root.digest, attempt })
      return { value: undefined, summary: key }
    })
  } catch (cause) {
    options.signal?.throwIfAborted()
    throw afterPublication(toGateError(cause), destination, root.digest)
  }
}

async function alert(
  { onAlert }: GateContext,
  { tier }: PromotionRequest,
  { destination: target }: Resolution,
  { decision: { breakGlass, subject: digest }, decidedAt: at }: KeptJudgement,
): Promise<void> {
  if (!breakGlass) return
  const { actor, justification, needed } = breakGlass
  await onAlert?.({ type: 'break-glass', target, digest, tier, actor, justification, needed, at })
}

/** Step `record` of an image that did not pass: notes so in the journal. */
export async function recordRefusal(
  { journal, clock }: GateContext,
  { key, attempt }: Resolution,
  { verdict }: Preparation,
): Promise<void> {
  await journal.finish(key, { finishedAt: clock.now().toISOString(), verdict, attempt })
}

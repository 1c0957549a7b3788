import { formatCount } from '@sallyport/core'
import { GateError } from '../errors.ts'
import type { GateContext } from '../promote/gate-context.ts'
import { evidenceModeOf } from '../promote/gate-signer.ts'
import { decidedSubjects, type KeptJudgement, readJudgement } from '../promote/kept-judgement.ts'
import type { PromotionRequest } from '../promote/request.ts'
import type { Attestation, PassedPreparation, Resolution } from '../promote/resolution.ts'
import { openSteps, type StepMemory, type StepOptions } from '../promote/step-options.ts'
import { attachEvidence } from './attach-evidence.ts'
import { openTarget, readDestination } from './open-target.ts'
import { requireStanding } from './require-standing.ts'
import { verifierOf } from './verifier-of.ts'

/**
 * Step `attest`: attaches evidence, decisions and signatures to what was pushed. What is attached already is left alone.
 *
 * @throws {GateError} `DECISION_EXPIRED` when what was decided counts no more; `STEP_FAILED`, `JOURNAL_CORRUPT`.
 */
export async function attestPromotion(
  gate: GateContext,
  request: PromotionRequest,
  resolution: Resolution,
  preparation: PassedPreparation,
  options: StepOptions = {},
): Promise<Attestation> {
  const { signal } = options
  return openSteps(gate, resolution, options).run('attest', undefined, async () => {
    const kept = await judgementOf(gate, resolution, preparation, options.memory)
    await requireStanding(gate, kept, { destination: resolution.destination, step: 'attest' })
    const target = await openTarget(readDestination(request.to, gate))
    const value = await attachEvidence(target, decidedSubjects(kept), kept.documents, {
      signer: gate.signer,
      confirmation: gate.confirmation,
      reference: target.name,
      verifierId: verifierOf(gate, request.tier),
      mode: evidenceModeOf(gate),
      createdAt: new Date(kept.decidedAt),
      settleMs: gate.settleMs,
      signal,
    })
    return {
      value,
      summary: `${formatCount(value.evidence.length, 'piece')} of evidence, ${value.written} new`,
    }
  })
}

/** What was found out about the images of a preparation, dated with the time of its decision. */
export async function judgementOf(
  { journal }: Pick<GateContext, 'journal'>,
  { key }: Pick<Resolution, 'key'>,
  { judgement, images }: PassedPreparation,
  memory: StepMemory | undefined,
): Promise<KeptJudgement> {
  const kept = memory?.judgement ?? (await readJudgement(journal, key, judgement))
  const names = (those: KeptJudgement['images']) => those.map(({ digest }) => digest).join()
  if (names(kept.images) === names(images)) return kept
  throw new GateError('JOURNAL_CORRUPT', `the judgement ${judgement} is about other images`)
}

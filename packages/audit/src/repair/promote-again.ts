import {
  createGate,
  type Gate,
  journalSteps,
  type PromotionOutcome,
  type PromotionPlan,
  runPromotion,
  withLease,
} from '@sallyport/gate'
import type { Decision } from '@sallyport/policy'
import { plainText } from '../deployments/plain-text.ts'
import { guardSteps } from './guard-steps.ts'
import { promotionRequest } from './promotion-requests.ts'
import { type RepairContext, repositoryOf, tagMoved, toStep } from './repair-context.ts'
import type { ImageAction } from './repair-plan.ts'
import type { RepairStep } from './repair-report.ts'
import type { RepairState } from './repair-state.ts'

/** What {@link promoteAgain} works with. */
export interface PromoteAgainContext extends RepairContext {
  readonly state?: RepairState | undefined
}

/** Takes an image through the gate, once for each of its tags; with `attest` as it is, without hardening. */
export async function promoteAgain(
  context: PromoteAgainContext,
  action: ImageAction,
): Promise<readonly RepairStep[]> {
  await using gate = createGate(action.kind === 'attest' ? { ...context.gate, harden: false } : context.gate)
  const steps: RepairStep[] = []
  for (const tag of action.tags) {
    try {
      steps.push(await promoteTag(context, gate, action, tag))
    } catch (cause) {
      steps.push(toStep(cause, context, tag))
    }
  }
  return steps
}

async function promoteTag(
  context: PromoteAgainContext,
  { context: gate, plan }: Gate,
  action: ImageAction,
  tag: string,
): Promise<RepairStep> {
  const { state, dryRun, signal } = context
  const request = promotionRequest(action, tag)!
  const key = { seal: action.seal, kind: action.kind, tag }
  const done = await state?.find(key)
  if (done !== undefined) {
    const now = (await repositoryOf(context, action).findManifest(tag, { signal }))?.descriptor.digest
    return now === done
      ? { tag, result: 'already', message: `${request.to} was promoted by this plan before`, digest: done }
      : tagMoved({ ...action, digest: done }, tag, now)
  }
  if (dryRun) return describePlan(await plan(request, { signal }), action, tag)

  const steps = guardSteps(journalSteps(gate.journal, gate.clock), action.digest)
  const outcome = await withLease(gate.leases, [request.to], () =>
    runPromotion(gate, request, steps, { signal }),
  )
  if (outcome.verdict === 'pass')
    await state?.save(key, { digest: outcome.digest, at: gate.clock.now().toISOString() })
  return describeOutcome(outcome, tag)
}

function describePlan(plan: PromotionPlan, action: ImageAction, tag: string): RepairStep {
  const { destination, digest, currentDigest, decision, frozen } = plan
  if (currentDigest !== action.digest) return tagMoved(action, tag, currentDigest)
  if (decision.verdict !== 'pass') {
    const result = decision.verdict === 'fail' ? 'refused' : 'error'
    return { tag, result, code: refusal(decision), message: `the gate would stop it: ${reasonsOf(decision)}` }
  }
  const change = digest === currentDigest ? 'stays at' : 'moves to'
  const later = frozen ? '; not before the end of a freeze' : ''
  return {
    tag,
    result: 'would',
    message: `${destination} ${change} ${digest}, with its evidence${later}`,
    digest,
  }
}

function describeOutcome(outcome: PromotionOutcome, tag: string): RepairStep {
  if (outcome.verdict === 'pass') {
    const { changed, target, digest } = outcome
    return changed
      ? { tag, result: 'done', message: `${target} is at ${digest}, with its evidence`, digest }
      : { tag, result: 'already', message: `${target} was at ${digest} with its evidence`, digest }
  }
  const quarantine = outcome.quarantine && { quarantine: outcome.quarantine.id }
  if (outcome.verdict === 'fail') {
    const message = `the gate stopped it: ${reasonsOf(outcome.decision)}`
    return { tag, result: 'refused', code: refusal(outcome.decision), message, ...quarantine }
  }
  const { code, message } = outcome.error
  const isMoved = code === 'TAG_CONFLICT'
  return {
    tag,
    result: isMoved ? 'refused' : 'error',
    code: isMoved ? 'TAG_MOVED' : code,
    message: plainText(message, 500),
    ...quarantine,
  }
}

const refusal = ({ verdict }: Decision): string => (verdict === 'fail' ? 'GATE_REFUSED' : 'UNJUDGED')

function reasonsOf({ reasons }: Decision): string {
  const shown = reasons.filter(({ effect }) => effect === 'fail' || effect === 'error').slice(0, 3)
  return plainText(shown.map(({ message }) => message).join('; ') || 'see its decision', 500)
}

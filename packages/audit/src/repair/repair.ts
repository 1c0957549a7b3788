import { type Clock, type Digest, runConcurrently } from '@sallyport/core'
import type { Signer } from '@sallyport/attest'
import type { Gate } from '@sallyport/gate'
import { AuditError } from '../errors.ts'
import { type RepairContext, toStep } from './repair-context.ts'
import { isImageAction, type RepairAction, type RepairPlan } from './repair-plan.ts'
import {
  countResults,
  type RepairOutcome,
  type RepairReport,
  type RepairStep,
  worstResult,
} from './repair-report.ts'
import type { RepairState } from './repair-state.ts'
import { retireImage } from './retire-image.ts'
import { checkPlan, digestOfPlan } from './seal-plan.ts'
import { signAsIs } from './sign-as-is.ts'

/** Options of {@link repair}. */
export interface RepairOptions {
  /** Judges, signs and moves tags; its registries, journal, leases and clock are used for all. */
  readonly gate: Gate
  /** Say what would be done, and write nothing. Default `true`. */
  readonly dryRun?: boolean | undefined
  /** Digest of the plan that was approved; needed to write. */
  readonly confirm?: Digest | undefined
  /** Remembers what is done, for a repair that goes on. Default: the gate's journal and the registries alone. */
  readonly state?: RepairState | undefined
  /** Signs for `sign`; none of the gate's keys, which stand for its judgement. Default: nothing is signed as it is. */
  readonly backfillSigner?: Signer | undefined
  /** Do what `delete` says: manifests are gone for good. Default `false`. */
  readonly unsafeDeleteManifests?: boolean | undefined
  /** Oldest plan that is followed, in milliseconds. Default 7 days. */
  readonly maxPlanAgeMs?: number | undefined
  /** How many actions run at once. Default 4. */
  readonly concurrency?: number | undefined
  /** Ends it; it rejects with `signal.reason`. What is done stays done, and is not done again. */
  readonly signal?: AbortSignal | undefined
  /** Told of each action that ended. Must not throw. */
  readonly onProgress?: ((progress: RepairProgress) => void) | undefined
}

/** How far a repair is. */
export interface RepairProgress {
  /** What became of the action that ended. */
  readonly outcome: RepairOutcome
  /** Actions that have ended. */
  readonly ended: number
  /** Actions of the plan. */
  readonly total: number
}

const week = 7 * 24 * 3_600_000
/** Of clocks that differ. */
const maxSkewMs = 5 * 60_000

/**
 * Does what a reviewed plan says, through the gate, the most urgent first. Just before each action it looks whether tag and
 * digest are still those of the plan. An action that can't be done stops no other. Killed anywhere, it is run again with the
 * same plan: what is done is verified, and not done twice.
 *
 * @throws {AuditError} `PLAN_INVALID` for a plan that was changed in ways that a review may not.
 * @throws {AuditError} `OPTIONS_INVALID` when it is to write and the plan is not confirmed by its digest, or when the
 *   backfill signer is one of the gate's.
 */
export async function repair(plan: RepairPlan, options: RepairOptions): Promise<RepairReport> {
  const { gate, dryRun = true, concurrency = 4, signal, onProgress } = options
  signal?.throwIfAborted()
  checkPlan(plan)
  checkOptions(plan, options)
  const { clock } = gate.context
  const startedAt = clock.now().toISOString()
  const context: RepairContext = { gate: gate.context, plan, dryRun, signal }
  const outcomes: RepairOutcome[] = []
  let ended = 0
  await runConcurrently([...plan.actions.entries()], concurrency, signal, async ([index, action]) => {
    const steps = await runAction(context, action, options, clock)
    const outcome: RepairOutcome = { action, result: worstResult(steps), steps }
    outcomes[index] = outcome
    onProgress?.({ outcome, ended: ++ended, total: plan.actions.length })
  })
  return {
    schema: 'https://sallyport.dev/schemas/repair-report/v1',
    plan: digestOfPlan(plan),
    audit: plan.audit,
    dryRun,
    startedAt,
    finishedAt: clock.now().toISOString(),
    results: countResults(outcomes),
    outcomes,
  }
}

async function runAction(
  context: RepairContext,
  action: RepairAction,
  { state, backfillSigner, unsafeDeleteManifests = false, maxPlanAgeMs = week }: RepairOptions,
  clock: Clock,
): Promise<readonly RepairStep[]> {
  const { kind, reason } = action
  if (kind === 'ask' || !isImageAction(action))
    return [{ result: 'left', code: 'PERSON_NEEDED', message: reason }]
  const ageMs = clock.now().getTime() - Date.parse(context.plan.createdAt)
  if (!(ageMs <= maxPlanAgeMs && ageMs >= -maxSkewMs)) {
    const message = `the plan is of ${context.plan.createdAt}, which is too long ago: audit again`
    return [{ result: 'refused', code: 'PLAN_EXPIRED', message }]
  }
  try {
    switch (kind) {
      case 'promote':
      case 'attest': {
        const { promoteAgain } = await import('./promote-again.ts')
        return await promoteAgain({ ...context, state }, action)
      }
      case 'sign':
        return await signAsIs({ ...context, backfillSigner }, action)
      case 'retire':
      case 'delete':
        return await retireImage({ ...context, unsafeDeleteManifests }, action)
    }
  } catch (cause) {
    return [toStep(cause, context)]
  }
}

function checkOptions(
  plan: RepairPlan,
  { gate, dryRun = true, confirm, backfillSigner, concurrency = 4 }: RepairOptions,
): void {
  const fail = (message: string): never => {
    throw new AuditError('OPTIONS_INVALID', message)
  }
  const digest = digestOfPlan(plan)
  if (!dryRun && confirm !== digest)
    fail(`confirm: to write, name the digest of the plan that was approved; this one is ${digest}`)
  const { evidence, release } = gate.context.signer
  const keys = [evidence, release].flatMap((each) => ('certify' in each ? [] : [each.keyId]))
  if (backfillSigner && keys.includes(backfillSigner.keyId))
    fail('backfillSigner: a key of the gate stands for its judgement; sign as it is with another one')
  if (!Number.isInteger(concurrency) || concurrency < 1) fail(`concurrency: ${concurrency}; at least 1`)
}

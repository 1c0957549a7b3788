import { promoteAll, type PromoteAllOptions } from '../batch/promote-all.ts'
import { promoteRelease, type ReleaseOptions, type ReleaseOutcome } from '../batch/promote-release.ts'
import type { PromotionKey } from '../ports/journal.ts'
import { type GateContext, openGateContext } from './gate-context.ts'
import type { GateOptions, RunOptions } from './options.ts'
import type { PromotionOutcome } from './outcome.ts'
import { planOne, type PromotionPlan } from './plan-one.ts'
import { promoteOne } from './promote-one.ts'
import type { PromotionRequest } from './request.ts'
import { findRollback, type RollbackRequest } from './roll-back.ts'
import { toGateError } from './to-gate-error.ts'

/** A promotion gate. Dispose it when done. */
export interface Gate extends AsyncDisposable {
  /** What the exported steps and `runPromotion` take, for those who run them in an engine of their own. */
  readonly context: GateContext
  /** Promotes one image. Rejects only with `signal.reason`. */
  promote(request: PromotionRequest, options?: RunOptions): Promise<PromotionOutcome>
  /**
   * Promotes many. One that fails stops no other; equal requests are one. Resolves with an outcome for each request, in
   * their order. Rejects only with `signal.reason`.
   */
  promoteAll(
    requests: readonly PromotionRequest[],
    options?: PromoteAllOptions,
  ): Promise<readonly PromotionOutcome[]>
  /**
   * Promotes several as one release: no tag moves before all of them are verified at their targets. Rejects only with
   * `signal.reason`.
   */
  release(
    name: string,
    members: readonly Omit<PromotionRequest, 'release'>[],
    options?: ReleaseOptions,
  ): Promise<ReleaseOutcome>
  /**
   * Takes an earlier digest of a destination back into use: a new promotion, judged by today's policy, as it is, without
   * hardening. Nothing is deleted. Rejects only with `signal.reason`.
   */
  rollback(request: RollbackRequest, options?: RunOptions): Promise<PromotionOutcome>
  /**
   * Says what a promotion would do. Nothing is written: not to the target, the journal or the quarantine.
   *
   * @throws {GateError} what would be the promotion's error.
   */
  plan(request: PromotionRequest, options?: RunOptions): Promise<PromotionPlan>
  /**
   * Asks a promotion to stop, whichever process runs it; it ends with `CANCELLED` before its next step, unless its tag has
   * moved already. Resolves with whether it was under way.
   */
  cancel(key: PromotionKey, by: { readonly actor: string; readonly reason: string }): Promise<boolean>
}

/**
 * Makes a gate of its parts.
 *
 * @throws {GateError} `OPTIONS_INVALID` without a scanner, or with statements that nobody answers for.
 */
export function createGate(options: GateOptions): Gate {
  const context = openGateContext(options)
  const { journal, clock } = context
  return {
    context,
    promote: (request, run) => promoteOne(context, request, run),
    promoteAll: (requests, run) => promoteAll(context, requests, run),
    release: (name, members, run) => promoteRelease(context, name, members, run),
    async rollback(request, run) {
      try {
        return await promoteOne(context, await findRollback(context, request, run), run)
      } catch (cause) {
        run?.signal?.throwIfAborted()
        return { verdict: 'error', error: toGateError(cause), platforms: [] }
      }
    },
    plan: (request, run) => planOne(context, request, run),
    cancel: (key, { actor, reason }) =>
      journal.requestCancellation(key, { actor, reason, at: clock.now().toISOString() }),
    [Symbol.asyncDispose]: () => context[Symbol.asyncDispose](),
  }
}

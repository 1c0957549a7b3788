import { openJudgingContext } from './gate-context.ts'
import type { PlanOptions } from './options.ts'
import { planOne, type PromotionPlan } from './plan-one.ts'
import { toGateError } from './to-gate-error.ts'

/**
 * Says what a promotion of an image would do, as the `plan` of a gate does, without keys: nothing is signed, and nothing is
 * written, not to the target, the journal or the quarantine. That an approval key is one that the gate signs with, which
 * would be a promotion's error, is not looked for.
 *
 * @throws {GateError} what would be the promotion's error.
 */
export async function planPromotion(options: PlanOptions): Promise<PromotionPlan> {
  const { from, to, tier, platforms, release, breakGlass, rollback, signal, onProgress } = options
  signal?.throwIfAborted()
  try {
    await using gate = openJudgingContext(options)
    const request = { from, to, tier, platforms, release, breakGlass, rollback }
    return await planOne(gate, request, { signal, onProgress })
  } catch (cause) {
    signal?.throwIfAborted()
    throw toGateError(cause)
  }
}

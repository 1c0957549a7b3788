import { createGate } from './create-gate.ts'
import type { PromoteOptions } from './options.ts'
import type { PromotionOutcome } from './outcome.ts'
import { toGateError } from './to-gate-error.ts'

/**
 * Promotes an image from one registry to the next: resolves it once, inventories, scans, hardens, patches and scans it again,
 * judges it by the policy, pushes it by digest with its evidence, signs, reads everything back and verifies it, and
 * only then moves the tag. What fails is put into quarantine; what could not be judged or done gives `error`, and the
 * tag stays where it was, unless the failure came after it had been moved (steps `publish` and `record`).
 *
 * Running it again with the same inputs changes nothing at the target. After a crash at any point, running it again
 * ends in the state of an undisturbed run. For more than one image make a gate with `createGate`.
 *
 * Rejects only with `signal.reason`.
 */
export async function promote(options: PromoteOptions): Promise<PromotionOutcome> {
  const { from, to, tier, platforms, release, breakGlass, rollback, signal, onProgress } = options
  signal?.throwIfAborted()
  try {
    await using gate = createGate(options)
    const request = { from, to, tier, platforms, release, breakGlass, rollback }
    return await gate.promote(request, { signal, onProgress })
  } catch (cause) {
    signal?.throwIfAborted()
    return { verdict: 'error', error: toGateError(cause), platforms: [] }
  }
}

import { readDestination } from '../steps/open-target.ts'
import type { GateContext } from './gate-context.ts'
import { withLease } from './hold-lease.ts'
import { journalSteps } from './journal-steps.ts'
import type { RunOptions } from './options.ts'
import type { PromotionOutcome } from './outcome.ts'
import type { PromotionRequest } from './request.ts'
import { runPromotion } from './run-promotion.ts'
import { toGateError } from './to-gate-error.ts'

/** Promotes one image in this process, while it holds the lease of its destination. */
export async function promoteOne(
  gate: GateContext,
  request: PromotionRequest,
  options: RunOptions = {},
): Promise<PromotionOutcome> {
  options.signal?.throwIfAborted()
  try {
    const { name } = readDestination(request.to, gate)
    return await withLease(gate.leases, [name], () =>
      runPromotion(gate, request, journalSteps(gate.journal, gate.clock), options),
    )
  } catch (cause) {
    options.signal?.throwIfAborted()
    return { verdict: 'error', error: toGateError(cause), platforms: [] }
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import { toErrorData } from '../engine/error-data.ts'
import { type PromotionResult, toResult } from '../engine/promotion-result.ts'
import { GateError, type GateErrorCode } from '../errors.ts'
import type { GateContext } from '../promote/gate-context.ts'
import type { RunOptions } from '../promote/options.ts'
import type { PromotionRequest } from '../promote/request.ts'
import { runPromotion } from '../promote/run-promotion.ts'
import { readDestination } from '../steps/open-target.ts'
import { dbosSteps, type DbosStepsOptions } from './dbos-steps.ts'

/** What the workflow needs besides the gate. */
export interface WorkflowOptions
  extends Pick<DbosStepsOptions, 'attempts' | 'retryDelayMs' | 'stopping'>, Pick<RunOptions, 'onProgress'> {}

/** What a promotion from the start mends: too old a decision is made anew, displaced evidence is attached again. */
const mendable: ReadonlySet<GateErrorCode> = new Set(['DECISION_EXPIRED', 'VERIFICATION_FAILED'])
const maxPasses = 3
const leasePatienceMs = 10 * 60_000

/**
 * The workflow: one promotion, from the start again where that mends it. Between the steps it does nothing that depends
 * on anything but what they returned, so that a replay takes the same way.
 */
export async function promotionWorkflow(
  gate: GateContext,
  request: PromotionRequest,
  { onProgress, ...options }: WorkflowOptions,
): Promise<PromotionResult> {
  await using lease = await takeLease(gate, request)
  if ('error' in lease) return { verdict: 'error', error: toErrorData(lease.error) }
  // A step that is stopped never returns here; who goes on with it elsewhere needs the lease.
  options.stopping.addEventListener('abort', () => void lease[Symbol.asyncDispose](), { once: true })
  for (let pass = 1; ; pass++) {
    const abandon = new AbortController()
    const durable = dbosSteps({ ...options, prefix: pass === 1 ? '' : `${pass}/`, abandon })
    const outcome = await runPromotion(gate, request, durable, { signal: abandon.signal, onProgress })
    const again = outcome.verdict === 'error' && mendable.has(outcome.error.code)
    if (!again || pass === maxPasses) return toResult(outcome)
  }
}

/** Waits for whoever promotes to the same tag. That is not a step: a replay has to wait anew. */
async function takeLease(
  gate: GateContext,
  { to }: PromotionRequest,
): Promise<AsyncDisposable | (AsyncDisposable & { readonly error: GateError })> {
  try {
    const { name } = readDestination(to, gate)
    for (const deadline = Date.now() + leasePatienceMs; Date.now() < deadline; await delay(250)) {
      const lease = await gate.leases.acquire(name)
      if (lease) return lease
    }
    const message = `${name}: another promotion to it has not ended within ${leasePatienceMs / 60_000} minutes; promote again`
    return failed(new GateError('ALREADY_RUNNING', message, { retryable: true }))
  } catch (cause) {
    if (cause instanceof GateError) return failed(cause)
    throw cause
  }
}

const failed = (error: GateError) => ({ error, [Symbol.asyncDispose]: async () => undefined })

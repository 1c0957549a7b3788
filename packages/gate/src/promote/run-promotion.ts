import { GateError } from '../errors.ts'
import type { DurableSteps } from '../ports/durable-steps.ts'
import { attestPromotion } from '../steps/attest-promotion.ts'
import { preparePromotion } from '../steps/prepare-promotion.ts'
import { publishPromotion } from '../steps/publish-promotion.ts'
import { recordPromotion, recordRefusal } from '../steps/record-promotion.ts'
import { resolvePromotion } from '../steps/resolve-promotion.ts'
import { revivePreparation } from '../steps/revive-preparation.ts'
import { verifyPromotion } from '../steps/verify-promotion.ts'
import { tracePromotion, type PromotionTelemetry } from '../telemetry/promotion-telemetry.ts'
import { describePassed, describeStopped, describeUnchanged } from './describe-outcome.ts'
import type { GateContext } from './gate-context.ts'
import type { RunOptions } from './options.ts'
import type { ErrorOutcome, PromotionOutcome } from './outcome.ts'
import type { PromotionRequest } from './request.ts'
import type { Candidate, Resolution } from './resolution.ts'
import type { StepMemory, StepOptions } from './step-options.ts'
import { toGateError } from './to-gate-error.ts'

/** A promotion at work: what all its steps share. */
export interface PromotionRun {
  readonly gate: GateContext
  readonly request: PromotionRequest
  readonly durable: DurableSteps
  readonly options: RunOptions
  readonly telemetry?: PromotionTelemetry | undefined
  readonly memory: StepMemory
  /** Set as soon as it is known, for what has to be noted of a failure. */
  resolution?: Resolution
}

/** A promotion that ended before its tag was to be moved. */
export interface Ended {
  readonly state: 'ended'
  readonly outcome: PromotionOutcome
}

/**
 * Runs one promotion step by step in an engine: `resolve`, `prepare`, `attest`, `verify`, `publish`, `record`. The same
 * for every engine; what differs is how `durable` keeps what the steps return.
 *
 * Rejects only with `signal.reason`. It takes no lease: that is for who starts it.
 */
export function runPromotion(
  gate: GateContext,
  request: PromotionRequest,
  durable: DurableSteps,
  options: RunOptions = {},
): Promise<PromotionOutcome> {
  return tracePromotion(request, (telemetry) => {
    const run: PromotionRun = { gate, request, durable, options, telemetry, memory: {} }
    return endInOutcome(run, async () => {
      const candidate = await bringToTarget(run)
      return candidate.state === 'ended' ? candidate.outcome : await publishCandidate(run, candidate)
    })
  })
}

/** Everything up to the tag: what is at the target afterwards is complete and verified, and visible to nobody. */
export async function bringToTarget(run: PromotionRun): Promise<Candidate | Ended> {
  const { gate, request, memory } = run
  const { signal } = run.options
  signal?.throwIfAborted()
  const resolution = await run.durable.run('resolve', (stop) =>
    resolvePromotion(gate, request, stepOptions(run, stop)),
  )
  run.resolution = resolution
  if (resolution.unchanged)
    return { state: 'ended', outcome: await describeUnchanged(gate, resolution, resolution.unchanged) }

  const preparation = await step(
    run,
    'prepare',
    (options) => preparePromotion(gate, request, resolution, options),
    (earlier) => revivePreparation(gate, request, resolution, earlier, { signal }),
  )
  if (preparation.verdict !== 'pass') {
    await step(run, 'record', () => recordRefusal(gate, resolution, preparation))
    return { state: 'ended', outcome: await describeStopped(gate, resolution, preparation) }
  }
  run.telemetry?.sent(preparation.pushed.bytes)
  const attestation = await step(run, 'attest', (options) =>
    attestPromotion(gate, request, resolution, preparation, options),
  )
  const verification = await step(run, 'verify', (options) =>
    verifyPromotion(gate, request, resolution, preparation, attestation, options),
  )
  // What is big and not needed any more.
  delete memory.source
  return { state: 'verified', resolution, preparation, attestation, verification }
}

/** Moves the tag of what has verified, and records it. */
export async function publishCandidate(run: PromotionRun, candidate: Candidate): Promise<PromotionOutcome> {
  const { gate, request } = run
  const { resolution, preparation, verification } = candidate
  const publication = await step(run, 'publish', (options) =>
    publishPromotion(gate, request, resolution, preparation, verification, options),
  )
  // From here on it is done; a cancellation comes too late.
  await run.durable.run('record', (stop) =>
    recordPromotion(gate, request, resolution, preparation, verification, stepOptions(run, stop)),
  )
  return await describePassed(gate, candidate, publication, run.memory)
}

/** Turns what is thrown into an outcome, and notes it in the journal. Rejects only with `signal.reason`. */
export async function endInOutcome<T>(run: PromotionRun, work: () => Promise<T>): Promise<T | ErrorOutcome> {
  try {
    return await work()
  } catch (cause) {
    run.options.signal?.throwIfAborted()
    return await noteError(run, toGateError(cause))
  }
}

/** Notes in the journal that an attempt ended in an error. */
export async function noteError(
  { gate, resolution }: Pick<PromotionRun, 'gate' | 'resolution'>,
  error: GateError,
): Promise<ErrorOutcome> {
  const { key, attempt, unchanged } = resolution ?? {}
  if (key && !unchanged) {
    const finishedAt = gate.clock.now().toISOString()
    // The promotion's own error matters more than a journal that can't be written any more.
    await gate.journal.finish(key, { finishedAt, verdict: 'error', attempt }).catch(() => undefined)
  }
  return { verdict: 'error', key, error, platforms: [] }
}

function step<T>(
  run: PromotionRun,
  name: string,
  work: (options: StepOptions) => Promise<T>,
  revive?: (earlier: T) => Promise<T | undefined>,
): Promise<T> {
  const guarded = async (stop: AbortSignal | undefined) => {
    await refuseCancelled(run)
    return await work(stepOptions(run, stop))
  }
  return run.durable.run(name, guarded, revive)
}

/** @throws {GateError} `CANCELLED` when somebody asked for it to stop. */
async function refuseCancelled({ gate, resolution }: PromotionRun): Promise<void> {
  const asked = resolution && (await gate.journal.cancellation(resolution.key))
  if (!asked) return
  throw new GateError('CANCELLED', `cancelled by ${asked.actor} at ${asked.at}: ${asked.reason}`)
}

function stepOptions(
  { options: { signal, onProgress }, telemetry, memory }: PromotionRun,
  stop: AbortSignal | undefined,
): StepOptions {
  const either = signal && stop ? AbortSignal.any([signal, stop]) : (signal ?? stop)
  return { signal: either, onProgress, telemetry, memory }
}

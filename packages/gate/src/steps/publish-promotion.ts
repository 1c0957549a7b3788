import type { Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { GateError } from '../errors.ts'
import type { GateContext } from '../promote/gate-context.ts'
import { trustOf } from '../promote/gate-signer.ts'
import { isYoungEnough } from '../promote/kept-judgement.ts'
import type { PromotionRequest } from '../promote/request.ts'
import {
  type PassedPreparation,
  type Publication,
  type Resolution,
  rootOf,
  type Verification,
} from '../promote/resolution.ts'
import { openSteps, type StepOptions } from '../promote/step-options.ts'
import { toGateError } from '../promote/to-gate-error.ts'
import { judgementOf } from './attest-promotion.ts'
import { checkSource } from './check-source.ts'
import { refuseFrozen } from './find-freeze.ts'
import { openTarget, readDestination } from './open-target.ts'
import { publishTag } from './publish-tag.ts'
import { requireStanding } from './require-standing.ts'
import { verifyTarget } from './verify-target.ts'

/** How long what was verified counts without another look. */
const verificationMaxAgeMs = 60_000

/**
 * Step `publish`: moves the tag from where `resolve` saw it. What was verified more than a minute ago is verified again.
 *
 * @throws {GateError} `FROZEN` in a window in which no tag of the tier moves.
 * @throws {GateError} `DECISION_EXPIRED` when what was decided is too old, or rests on a waiver that ran out or was taken back
 *   meanwhile.
 * @throws {GateError} `SOURCE_MOVED` when the tag that was to be promoted names something else by now.
 * @throws {GateError} `VERIFICATION_FAILED` when the target does not hold any more what was verified.
 * @throws {GateError} `TAG_CONFLICT` when somebody else moved the tag meanwhile.
 */
export async function publishPromotion(
  gate: GateContext,
  request: PromotionRequest,
  resolution: Resolution,
  preparation: PassedPreparation,
  verification: Verification,
  options: StepOptions = {},
): Promise<Publication> {
  const { signal, memory } = options
  const { destination: to, expected } = resolution
  const { digest } = rootOf(preparation)
  const kept = await judgementOf(gate, resolution, preparation, memory)
  let isPublished = false
  try {
    return await openSteps(gate, resolution, options).run('publish', undefined, async () => {
      const destination = readDestination(request.to, gate)
      const target = await openTarget(destination)
      const root = memory?.root ?? (await target.getManifest(digest, { signal }))
      const moved = await publishTag(target, root, {
        tag: destination.tag,
        expected,
        signal,
        async beforeMove() {
          refuseFrozen(gate.policy, request.tier, to, gate.clock.now())
          await requireStanding(gate, kept, { destination: to, step: 'publish' })
          await checkSource(gate, request, resolution, signal)
          await verifyAgain(gate, target, preparation, verification, signal)
        },
      })
      isPublished = true
      return { value: { moved }, summary: moved ? `${to} is ${digest}` : `${to} was there already` }
    })
  } catch (cause) {
    signal?.throwIfAborted()
    throw isPublished ? afterPublication(toGateError(cause), to, digest) : cause
  }
}

/** After a crash it may be long since it was verified, and what had no tag may have been collected meanwhile. */
async function verifyAgain(
  gate: GateContext,
  target: Repository,
  { images, index }: PassedPreparation,
  { evidence, verifiedAt }: Verification,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (isYoungEnough(verifiedAt, gate.clock.now(), verificationMaxAgeMs)) return
  await verifyTarget(target, images, index, evidence, { trust: trustOf(gate), signal })
}

/** Says that the failure came too late to stop the tag: all evidence is there, only the record is not complete. */
export function afterPublication(cause: GateError, to: string, digest: Digest): GateError {
  const message = `${to} is at ${digest} with all evidence, but the record is not complete: ${cause.message}; promote again`
  return new GateError(cause.code, message, { cause, step: cause.step, side: cause.side, retryable: true })
}

import { formatCount } from '@sallyport/core'
import type { GateContext } from '../promote/gate-context.ts'
import { trustOf } from '../promote/gate-signer.ts'
import type { PromotionRequest } from '../promote/request.ts'
import type { Attestation, PassedPreparation, Resolution, Verification } from '../promote/resolution.ts'
import { openSteps, type StepOptions } from '../promote/step-options.ts'
import { openTarget, readDestination } from './open-target.ts'
import { verifyTarget } from './verify-target.ts'

/**
 * Step `verify`: reads everything back from the target.
 *
 * @throws {GateError} `VERIFICATION_FAILED` naming what is missing or does not verify. No tag may move then.
 */
export async function verifyPromotion(
  gate: GateContext,
  request: PromotionRequest,
  resolution: Resolution,
  { images, index }: PassedPreparation,
  { evidence }: Attestation,
  options: StepOptions = {},
): Promise<Verification> {
  const { signal } = options
  return openSteps(gate, resolution, options).run('verify', undefined, async () => {
    const target = await openTarget(readDestination(request.to, gate))
    const value = await verifyTarget(target, images, index, evidence, { trust: trustOf(gate), signal })
    return {
      value: { evidence: value, verifiedAt: gate.clock.now().toISOString() },
      summary: `${formatCount(value.length, 'piece')} of evidence verified at ${target.name}`,
    }
  })
}

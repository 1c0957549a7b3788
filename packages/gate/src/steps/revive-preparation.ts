import { withApprovedWaivers } from '../promote/approved-waivers.ts'
import type { GateContext } from '../promote/gate-context.ts'
import { trustOf } from '../promote/gate-signer.ts'
import { findJudgement, isYoungEnough } from '../promote/kept-judgement.ts'
import type { PromotionRequest } from '../promote/request.ts'
import type { Preparation, Resolution } from '../promote/resolution.ts'
import { isSallyportError } from '@sallyport/core'
import { judgementStands } from './decision-stands.ts'
import { readDestination } from './open-target.ts'
import { compareScannerData } from './scanner-data.ts'
import { verifyTarget } from './verify-target.ts'

const oneHourMs = 3_600_000

/**
 * What a preparation before a crash is worth now: itself, when it passed, is young enough, rests on nothing that has run
 * out or changed, and all that it pushed is still at the target. `undefined`: prepare again.
 */
export async function revivePreparation(
  gate: GateContext,
  request: PromotionRequest,
  { key }: Resolution,
  earlier: Preparation,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Preparation | undefined> {
  if (earlier.verdict !== 'pass') return undefined
  const now = gate.clock.now()
  const { journal, scanners, resumeMaxAgeMs = oneHourMs } = gate
  const kept = await findJudgement(journal, key, earlier.judgement)
  if (
    !kept ||
    !isYoungEnough(kept.decidedAt, now, Math.min(resumeMaxAgeMs, gate.evidenceMaxAgeMs ?? Infinity))
  )
    return undefined
  const { waivers } = await withApprovedWaivers(gate)
  if (!judgementStands(kept, { now, waivers, ignore: gate.ignore })) return undefined
  if ((await compareScannerData(scanners, kept.decision, signal)) === 'other') return undefined
  const target = await readDestination(request.to, gate).open()
  if (!target) return undefined
  try {
    await verifyTarget(target, earlier.images, earlier.index, [], { trust: trustOf(gate), signal })
  } catch (error) {
    signal?.throwIfAborted()
    if (isSallyportError(error) && error.code === 'VERIFICATION_FAILED') return undefined
    throw error
  }
  return { ...earlier, decidedAt: kept.decidedAt, pushed: { blobs: 0, manifests: 0, bytes: 0 } }
}

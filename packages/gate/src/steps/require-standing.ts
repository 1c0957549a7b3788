import { GateError } from '../errors.ts'
import { withApprovedWaivers } from '../promote/approved-waivers.ts'
import type { GateContext } from '../promote/gate-context.ts'
import { isYoungEnough, type KeptJudgement } from '../promote/kept-judgement.ts'
import { judgementStands } from './decision-stands.ts'

/**
 * Refuses to go on with a judgement that is too old, or rests on what has run out or was taken back since. Asked before anything
 * is signed, and again before the tag moves: content may take long to send.
 *
 * @throws {GateError} `DECISION_EXPIRED`, retryable.
 */
export async function requireStanding(
  gate: GateContext,
  kept: KeptJudgement,
  { destination, step }: { readonly destination: string; readonly step: string },
): Promise<void> {
  const now = gate.clock.now()
  const { waivers } = await withApprovedWaivers(gate)
  const isStanding = judgementStands(kept, { now, waivers, ignore: gate.ignore })
  if (isStanding && isYoungEnough(kept.decidedAt, now, gate.evidenceMaxAgeMs)) return
  throw new GateError(
    'DECISION_EXPIRED',
    `${destination}: what was decided at ${kept.decidedAt} counts no more; promote again`,
    { step, retryable: true },
  )
}

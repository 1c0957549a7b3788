import type { PolicyFacts } from '@sallyport/policy'
import type { GateContext } from './gate-context.ts'

/** A gate with the waivers that approvals of its quarantine granted. */
export interface ApprovingGate extends GateContext {
  /** What the decision has to tell of approvals that are not believed. */
  readonly approvalNotes: NonNullable<PolicyFacts['notes']>
}

/**
 * Adds the waivers of approvals that are signed by one of the gate's `approvalKeys`, as they stand now. Without keys
 * nobody's approvals count.
 */
export async function withApprovedWaivers(gate: GateContext): Promise<ApprovingGate> {
  const { approvalKeys: keys = [], quarantine, clock, waivers = [] } = gate
  if (keys.length === 0) return { ...gate, approvalNotes: [] }
  const { files, refused } = await quarantine.approvedWaivers({ keys, now: clock.now() })
  return {
    ...gate,
    waivers: [...waivers, ...files],
    approvalNotes: refused.map(({ id, message }) => ({
      code: 'approval-refused',
      message: `approval of ${id}: ${message}`,
    })),
  }
}

import type { PolicyFacts } from '@sallyport/policy'
import type { JudgingContext } from './gate-context.ts'

/** What the approvals of a gate's quarantine add to it. */
export interface Approvals {
  /** What the decision has to tell of approvals that are not believed. */
  readonly approvalNotes: NonNullable<PolicyFacts['notes']>
}

/**
 * Adds the waivers of approvals that are signed by one of the gate's `approvalKeys`, as they stand now. Without keys
 * nobody's approvals count.
 */
export async function withApprovedWaivers<Gate extends JudgingContext>(
  gate: Gate,
): Promise<Gate & Approvals> {
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

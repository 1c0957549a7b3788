import type { Gate, PromotionOutcome } from '@sallyport/gate'

/** Takes back what was promoted last to a tag. */
export async function rollBack(gate: Gate, to: string): Promise<PromotionOutcome> {
  return await gate.rollback({ to, tier: 'prod', reason: 'it crashes under load' })
}

import type { Gate, PromotionOutcome } from '@sallyport/gate'

/** Promotes what the policy stops, because it can't wait; recorded, signed and told apart for ever. */
export async function letThrough(gate: Gate, from: string, to: string): Promise<PromotionOutcome> {
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString()
  return await gate.promote({
    from,
    to,
    tier: 'prod',
    breakGlass: {
      justification: 'the shop is down, and 1.4.1 repairs it',
      actor: 'ada@example.com',
      expires: inAnHour,
      ticket: 'INC-4711',
    },
  })
}

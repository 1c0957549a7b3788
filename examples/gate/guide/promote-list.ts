import type { Gate, PromotionOutcome, PromotionRequest } from '@sallyport/gate'

/** Promotes many images; resolves with the outcome of each that did not pass. */
export async function promoteList(
  gate: Gate,
  names: readonly string[],
  [build, production]: readonly [string, string],
): Promise<ReadonlyMap<string, PromotionOutcome>> {
  const requests = names.map((name): PromotionRequest => ({
    from: `${build}/${name}`,
    to: `${production}/${name}`,
    tier: 'prod',
  }))
  const outcomes = await gate.promoteAll(requests, { concurrency: 4 })
  return new Map(
    outcomes.flatMap((outcome, index) =>
      outcome.verdict === 'pass' ? [] : [[names[index]!, outcome] as const],
    ),
  )
}

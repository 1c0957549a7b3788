import type { Digest } from '@sallyport/core'
import { PolicyError } from '../errors.ts'
import type { Policy } from './policy.ts'
import type { AcceptedLoosening, TierValue } from './tier.ts'

/** What holds in a tier, and where each part of it comes from. */
export interface TierDescription {
  /** Name of the tier. */
  readonly tier: string
  /** Tiers that it inherits from, nearest first. */
  readonly ancestors: readonly string[]
  /** The policy. */
  readonly policy: { readonly source: string; readonly digest: Digest }
  /** In the order of evaluation. */
  readonly values: readonly TierValue[]
  /** What is looser than what it inherits, and why. */
  readonly loosenings: readonly AcceptedLoosening[]
}

/**
 * Describes what holds in a tier, everything that it inherits included.
 *
 * @throws {PolicyError} `TIER_UNKNOWN` when the policy has no such tier.
 */
export function describeTier({ source, digest, tiers }: Policy, tier: string): TierDescription {
  const effective = tiers.get(tier)
  if (!effective) {
    throw new PolicyError(
      'TIER_UNKNOWN',
      `${source}: no tier "${tier}"; there are: ${[...tiers.keys()].join(', ')}`,
    )
  }
  const { ancestors = [], values = [], loosenings = [] } = effective
  return { tier, ancestors, policy: { source, digest }, values, loosenings }
}

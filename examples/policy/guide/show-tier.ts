import { describeTier, formatTier, type Policy } from '@sallyport/policy'

/** What holds in a tier, with the place where each value is written, and what is looser and why. */
export function showTier(policy: Policy, tier: string): string {
  return formatTier(describeTier(policy, tier))
}

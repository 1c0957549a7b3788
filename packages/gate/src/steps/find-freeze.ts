import { type FreezeWindow, matchGlob, type Policy } from '@sallyport/policy'
import { GateError } from '../errors.ts'

/** The window of a tier in which the tag of a destination may not move now. One that can't be read counts as open-ended. */
export function findFreeze(
  policy: Policy,
  tier: string,
  destination: string,
  now: Date,
): FreezeWindow | undefined {
  return policy.tiers.get(tier)?.freeze?.find(({ from, until, except = [] }) => {
    const isBefore = now.getTime() < Date.parse(from)
    const isAfter = now.getTime() >= Date.parse(until)
    return !isBefore && !isAfter && !except.some((glob) => matchGlob(glob, destination))
  })
}

/**
 * Stops before a tag is moved in a window in which none may.
 *
 * @throws {GateError} `FROZEN`, retryable, naming the window and its end.
 */
export function refuseFrozen(policy: Policy, tier: string, destination: string, now: Date): void {
  const window = findFreeze(policy, tier, destination, now)
  if (!window) return
  throw new GateError(
    'FROZEN',
    `${destination}: no tag of tier ${tier} moves until ${window.until} (${window.name}: ${window.reason}); everything else is done, promote again then`,
    { step: 'publish', retryable: true },
  )
}

import {
  type ApprovedProfile,
  type BehaviourStatus,
  type EnforcedProfile,
  enforceProfile,
} from '@sallyport/runtime/behaviour'

/** Puts a profile in force when a week of judging by it told nothing. */
export function enforce(profile: ApprovedProfile, week: BehaviourStatus): EnforcedProfile | undefined {
  if (week.state !== 'expected') return undefined
  return enforceProfile(profile, {
    by: 'ann@shop.example',
    at: new Date().toISOString(),
    reason: `${week.events} events, nothing new`,
  })
}

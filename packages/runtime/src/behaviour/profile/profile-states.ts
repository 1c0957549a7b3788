import { RuntimeError } from '../../errors.ts'
import type {
  ApprovedProfile,
  BehaviourProfile,
  CandidateProfile,
  EnforcedProfile,
  LearningProfile,
  ProfileContent,
  ProfileStep,
} from './profile.ts'
import { findMissingCoverage, type MissingCoverage, type SaturationOptions } from './saturation.ts'

// learning → candidate → approved → enforced, one step each; the types of the functions allow no other.

/**
 * Proposes what was learned, when nothing new was seen for long enough.
 *
 * @throws {RuntimeError} `PROFILE_INVALID` when it is not learning.
 */
export function proposeProfile(
  profile: LearningProfile,
  options: SaturationOptions = {},
):
  | { readonly ok: true; readonly profile: CandidateProfile }
  | { readonly ok: false; readonly missing: readonly MissingCoverage[] } {
  expectState(profile, 'learning')
  const missing = findMissingCoverage(profile, options)
  if (missing.length > 0) return { ok: false, missing }
  return { ok: true, profile: { ...contentOf(profile), state: 'candidate' } }
}

/**
 * Approves a candidate in someone's name. How much it saw was measured when it was proposed; what never saw one whole life
 * of a container is approved by nobody, unless it is inherited.
 *
 * @throws {RuntimeError} `PROFILE_INVALID` when it is no candidate, saw no whole life, or the step lacks who, when or why.
 */
export function approveProfile(profile: CandidateProfile, step: ProfileStep): ApprovedProfile {
  expectState(profile, 'candidate')
  const isWhole = profile.runs.some(
    ({ gaps, events, phases }) =>
      gaps === 0 && events > 0 && phases.includes('start') && phases.includes('shutdown'),
  )
  if (!isWhole && profile.inheritedFrom === undefined)
    throw new RuntimeError(
      'PROFILE_INVALID',
      'no run of the profile was whole, from start to shutdown and without gaps: propose it first',
      { subject: profile.workload },
    )
  return { ...contentOf(profile), ...originOf(profile), state: 'approved', approval: checkStep(step) }
}

/**
 * Puts an approved profile in force.
 *
 * @throws {RuntimeError} `PROFILE_INVALID` when it is not approved, or the step lacks who, when or why.
 */
export function enforceProfile(profile: ApprovedProfile, step: ProfileStep): EnforcedProfile {
  expectState(profile, 'approved')
  const { approval } = profile
  return {
    ...contentOf(profile),
    ...originOf(profile),
    state: 'enforced',
    approval,
    enforcement: checkStep(step),
  }
}

/** Learns on: whoever approved it does not answer for what comes now. */
export function reopenProfile(
  profile: CandidateProfile | ApprovedProfile | EnforcedProfile,
): LearningProfile {
  return { ...contentOf(profile), state: 'learning' }
}

/** What was learned, without the state. */
export function contentOf(profile: BehaviourProfile): ProfileContent {
  const { apiVersion, family, workload, images, observes, overflow } = profile
  const { execs, opens, connects, listens, capabilities, syscalls, refused, runs } = profile
  return {
    apiVersion,
    family,
    workload,
    images,
    observes,
    overflow,
    execs,
    opens,
    connects,
    listens,
    capabilities,
    syscalls,
    refused,
    runs,
  }
}

const originOf = ({ inheritedFrom }: CandidateProfile | ApprovedProfile) =>
  inheritedFrom === undefined ? {} : { inheritedFrom }

// Whoever calls from JavaScript, or has read a document, has no types that stop them.
function expectState(profile: BehaviourProfile, state: BehaviourProfile['state']): void {
  if (profile.state !== state)
    throw new RuntimeError(
      'PROFILE_INVALID',
      `the profile is ${profile.state}; this step needs it to be ${state}`,
      {
        subject: profile.workload,
      },
    )
}

function checkStep({ by, at, reason }: ProfileStep): ProfileStep {
  if (by.trim() === '' || reason.trim() === '' || Number.isNaN(Date.parse(at)))
    throw new RuntimeError('PROFILE_INVALID', 'a step needs who took it, when (RFC 3339) and why')
  return { by, at: new Date(at).toISOString(), reason }
}

/** Refuses what nobody approved. */
export function requireApproved({ state, workload }: BehaviourProfile): void {
  if (state !== 'approved' && state !== 'enforced')
    throw new RuntimeError('PROFILE_INVALID', `the profile is ${state}: nobody approved it`, {
      subject: workload,
    })
}

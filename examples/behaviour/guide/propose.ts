import {
  type CandidateProfile,
  type LearningProfile,
  mergeProfiles,
  proposeProfile,
} from '@sallyport/runtime/behaviour'

/** A candidate, once nothing new was seen in three whole lives; until then what is missing is printed. */
export function propose(runs: readonly LearningProfile[]): CandidateProfile | undefined {
  const proposed = proposeProfile(mergeProfiles(runs), { quietRuns: 3, quietEvents: 20 })
  if (proposed.ok) return proposed.profile
  for (const { code, message } of proposed.missing) console.log(`${code}: ${message}`)
  return undefined
}

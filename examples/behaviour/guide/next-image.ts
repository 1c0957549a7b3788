import type { Image } from '@sallyport/image'
import { type CandidateProfile, type EnforcedProfile, inheritProfile } from '@sallyport/runtime/behaviour'

/** The profile for the next release, to be approved again; what is different is printed. */
export function inherit(profile: EnforcedProfile, next: Image): CandidateProfile {
  const { profile: candidate, diff } = inheritProfile(profile, {
    image: next.raw.descriptor.digest,
    manifest: { find: (path) => (next.tree.resolve(path)?.type === 'file' ? {} : undefined) },
  })
  for (const { kind, name } of diff.removed) console.log(`gone: ${kind} ${name}`)
  return candidate
}

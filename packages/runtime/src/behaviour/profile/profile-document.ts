import { canonicalJson, type Digest, digestOf, isJsonDeeperThan } from '@sallyport/core'
import { RuntimeError } from '../../errors.ts'
import { behaviourKinds } from '../behaviour-event.ts'
import { bound, uniqueTexts } from './merge-profiles.ts'
import type { BehaviourProfile } from './profile.ts'
import { profileSchema } from './profile.schema.ts'

const maxCharacters = 64 * 1024 * 1024

/** A profile as text: canonical JSON (RFC 8785), so that equal profiles have equal digests. */
export function formatProfile(profile: BehaviourProfile): string {
  return canonicalJson(profile)
}

/** The digest of a profile's text, which names it in reports. */
export function profileDigest(profile: BehaviourProfile): Digest {
  return digestOf(Buffer.from(formatProfile(profile)))
}

/**
 * Reads a profile, as text or parsed.
 *
 * @throws {RuntimeError} `PROFILE_INVALID` when it is none, is larger than 64 MiB, or its lists are not in their one form:
 * sorted, without duplicates, put together as `generalisePaths` does.
 */
export function parseProfile(document: unknown): BehaviourProfile {
  const found = profileSchema.safeParse(typeof document === 'string' ? parseJson(document) : document)
  if (!found.success) {
    const [issue] = found.error.issues
    throw new RuntimeError('PROFILE_INVALID', `no profile: ${issue?.path.join('.')}: ${issue?.message}`)
  }
  const profile = found.data
  const { images, observes } = profile
  const normal: BehaviourProfile = {
    ...profile,
    ...bound(profile, profile.overflow),
    images: uniqueTexts(images) as readonly Digest[],
    observes: behaviourKinds.filter((kind) => observes.includes(kind)),
  }
  if (formatProfile(normal) !== formatProfile(profile))
    throw new RuntimeError('PROFILE_INVALID', 'the lists of the profile are not sorted and put together', {
      subject: profile.workload,
    })
  return profile
}

function parseJson(text: string): unknown {
  if (text.length > maxCharacters || isJsonDeeperThan(text, 16))
    throw new RuntimeError('PROFILE_INVALID', 'the profile is larger than 64 MiB or nested too deeply')
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new RuntimeError('PROFILE_INVALID', 'the profile is no JSON', { cause })
  }
}

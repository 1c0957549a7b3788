import type { Digest } from '@sallyport/core'
import { RuntimeError } from '../../errors.ts'
import { type BehaviourKind, behaviourKinds } from '../behaviour-event.ts'
import type { ExecutableManifest } from '../ports/executable-manifest.ts'
import { connectKey } from './generalise.ts'
import { mergeProfiles, uniqueTexts } from './merge-profiles.ts'
import type {
  ApprovedProfile,
  CandidateProfile,
  EnforcedProfile,
  LearningProfile,
  ProfileContent,
} from './profile.ts'
import { contentOf } from './profile-states.ts'

/** A thing that one profile has and another does not. */
export interface ProfileDifference {
  /** What kind of thing it is. */
  readonly kind: BehaviourKind
  /** The path, endpoint or name. */
  readonly name: string
}

/** How a profile differs from an earlier one. */
export interface ProfileDiff {
  /** What only the later profile has. */
  readonly added: readonly ProfileDifference[]
  /** What only the earlier profile has. */
  readonly removed: readonly ProfileDifference[]
  /** Programs whose file is another one. */
  readonly changed: readonly ProfileDifference[]
}

/** Tells what a profile has more, less and otherwise than an earlier one. */
export function compareProfiles(before: ProfileContent, after: ProfileContent): ProfileDiff {
  const minus = (one: ProfileContent, other: ProfileContent) =>
    behaviourKinds.flatMap((kind) => {
      const known = new Set(namesOf(other, kind))
      return namesOf(one, kind)
        .filter((name) => !known.has(name))
        .map((name) => ({ kind, name }))
    })
  const digests = new Map(before.execs.map((exec) => [exec.path, exec.digests]))
  return {
    added: minus(after, before),
    removed: minus(before, after),
    changed: after.execs
      .filter(({ path, digests: own }) => {
        const old = digests.get(path)
        return old !== undefined && old.length > 0 && own.some((digest) => !old.includes(digest))
      })
      .map(({ path }) => ({ kind: 'exec', name: path })),
  }
}

function namesOf(profile: ProfileContent, kind: BehaviourKind): readonly string[] {
  switch (kind) {
    case 'exec':
      return profile.execs.map(({ path }) => path)
    case 'open':
      return profile.opens.map(({ path, writes }) => (writes ? `${path} (written)` : path))
    case 'connect':
      return profile.connects.map(connectKey)
    case 'listen':
      return profile.listens.map(({ protocol, address, port }) => `${protocol} ${address} ${port}`)
    case 'capability':
      return profile.capabilities.map(({ name }) => name)
    case 'syscall':
      return profile.syscalls.map(({ name }) => name)
  }
}

/** What is known of a new image. */
export interface InheritOptions {
  /** The new image. */
  readonly image: Digest
  /** Its files, signed: programs that it does not have any more leave the profile, and digests are its own. */
  readonly manifest?: ExecutableManifest | undefined
  /** What its containers did so far: it is taken in, and whoever approves sees what is new. */
  readonly observed?: LearningProfile | undefined
}

/**
 * Gives a new image of the family the behaviour of an approved one, as a candidate: nobody has approved it for that
 * image yet. The difference says what there is to look at.
 */
export function inheritProfile(
  profile: ApprovedProfile | EnforcedProfile,
  { image, manifest, observed }: InheritOptions,
): { readonly profile: CandidateProfile; readonly diff: ProfileDiff } {
  if (observed !== undefined && observed.images.some((digest) => digest !== image))
    throw new RuntimeError('PROFILE_INVALID', 'what was observed is of another image', { subject: image })
  const content = contentOf(profile)
  const inherited: ProfileContent = {
    ...content,
    images: [image],
    // Runs, and what was refused in them, were of the other image.
    runs: [],
    refused: [],
    execs: content.execs.flatMap((exec) => {
      if (manifest === undefined) return [{ ...exec, digests: [], isFromImage: false }]
      const found = manifest.find(exec.path)
      return found === undefined
        ? []
        : [{ ...exec, digests: found.digest === undefined ? [] : [found.digest] }]
    }),
  }
  const merged =
    observed === undefined
      ? inherited
      : contentOf(mergeProfiles([{ ...inherited, state: 'learning' }, observed]))
  return {
    profile: {
      ...merged,
      state: 'candidate',
      inheritedFrom: uniqueTexts(profile.images) as readonly Digest[],
    },
    diff: compareProfiles(content, merged),
  }
}

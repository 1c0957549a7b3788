import type { Digest } from '@sallyport/core'
import { RuntimeError } from '../../errors.ts'
import { type BehaviourKind, behaviourKinds } from '../behaviour-event.ts'
import { generalisePaths, generalisePeers, unique } from './generalise.ts'
import type { LearningProfile, ProfileContent, ProfiledExec, ProfiledRun } from './profile.ts'

/** How many different things of each kind a profile keeps; numbers in paths and peers of one network count once. */
export const profileLimits = {
  execs: 1000,
  opens: 10_000,
  connects: 1000,
  listens: 500,
  capabilities: 64,
  syscalls: 600,
  refused: 1000,
  runs: 5000,
  images: 200,
  digestsOfExec: 200,
  namesOfExec: 16,
} as const

type Lists = Omit<ProfileContent, 'apiVersion' | 'family' | 'workload' | 'observes' | 'overflow' | 'images'>
type Overflow = ProfileContent['overflow'][number]

/**
 * Puts what was learned in several runs together: the order and the grouping make no difference, and the same run counts
 * once. Kinds that one of them did not observe are not observed by the result.
 *
 * @throws {RuntimeError} `PROFILE_INVALID` for profiles of different workloads or families, or without any.
 */
export function mergeProfiles(profiles: readonly LearningProfile[]): LearningProfile {
  const [first, ...others] = profiles
  if (first === undefined) throw new RuntimeError('PROFILE_INVALID', 'no profiles to merge')
  for (const { family, workload } of others)
    if (family !== first.family || workload !== first.workload)
      throw new RuntimeError(
        'PROFILE_INVALID',
        `profiles of ${first.family} (${first.workload}) and ${family} (${workload}) are of different workloads`,
        { subject: workload },
      )
  const images = uniqueTexts(profiles.flatMap((one) => one.images)) as readonly Digest[]
  if (images.length > profileLimits.images)
    throw new RuntimeError('PROFILE_INVALID', `more than ${profileLimits.images} images in one profile`)
  return {
    apiVersion: 'sallyport.dev/behaviour/v1',
    state: 'learning',
    family: first.family,
    workload: first.workload,
    images,
    observes: behaviourKinds.filter((kind) => profiles.every(({ observes }) => observes.includes(kind))),
    ...bound(
      {
        execs: profiles.flatMap((one) => one.execs),
        opens: profiles.flatMap((one) => one.opens),
        connects: profiles.flatMap((one) => one.connects),
        listens: profiles.flatMap((one) => one.listens),
        capabilities: profiles.flatMap((one) => one.capabilities),
        syscalls: profiles.flatMap((one) => one.syscalls),
        refused: profiles.flatMap((one) => one.refused),
        runs: profiles.flatMap((one) => one.runs),
      },
      profiles.flatMap((one) => one.overflow),
    ),
  }
}

const order: readonly Overflow[] = [...behaviourKinds, 'refused', 'run']
const earlierOf = <Item extends { readonly since: string }>(one: Item, other: Item): Item =>
  one.since <= other.since ? one : other

/** Sorts, joins and generalises all lists. Of a kind with too much nothing is kept: a part would look like all. */
export function bound(
  lists: Lists,
  overflow: readonly Overflow[],
): Lists & { readonly overflow: readonly Overflow[] } {
  const full = new Set<Overflow>(overflow)
  const keep = <Item>(
    kind: Overflow,
    items: readonly Item[] | undefined,
    limit = Number.POSITIVE_INFINITY,
  ) => {
    if (items === undefined || items.length > limit) full.add(kind)
    return full.has(kind) || items === undefined ? [] : items
  }
  const execs = unique(lists.execs, ({ path }) => path, joinExecs)
  const names = (kind: BehaviourKind, items: Lists['syscalls'], limit: number) =>
    keep(
      kind,
      unique(items, ({ name }) => name, earlierOf),
      limit,
    )
  const result = {
    execs: keep(
      'exec',
      execs.some(({ digests }) => digests.length > profileLimits.digestsOfExec) ? undefined : execs,
      profileLimits.execs,
    ),
    opens: keep('open', generalisePaths(lists.opens, profileLimits.opens)),
    connects: keep('connect', generalisePeers(lists.connects, profileLimits.connects)),
    listens: keep(
      'listen',
      unique(lists.listens, ({ protocol, address, port }) => `${protocol} ${address} ${port}`, earlierOf),
      profileLimits.listens,
    ),
    capabilities: names('capability', lists.capabilities, profileLimits.capabilities),
    syscalls: names('syscall', lists.syscalls, profileLimits.syscalls),
    refused: keep(
      'refused',
      unique(lists.refused, ({ path, reason }) => `${path} ${reason}`, earlierOf),
      profileLimits.refused,
    ),
    runs: keep(
      'run',
      unique(lists.runs, ({ id }) => id, joinRuns),
      profileLimits.runs,
    ),
  }
  return { ...result, overflow: order.filter((kind) => full.has(kind)) }
}

function joinExecs(one: ProfiledExec, other: ProfiledExec): ProfiledExec {
  return {
    path: one.path,
    digests: uniqueTexts([...one.digests, ...other.digests]) as readonly Digest[],
    shapes: joinNames(one.shapes, other.shapes),
    parents: joinNames(one.parents, other.parents),
    usesNetwork: one.usesNetwork || other.usesNetwork,
    isFromImage: one.isFromImage && other.isFromImage,
    since: one.since < other.since ? one.since : other.since,
  }
}

function joinNames(one: ProfiledExec['shapes'], other: ProfiledExec['shapes']): ProfiledExec['shapes'] {
  if (one === 'any' || other === 'any') return 'any'
  const all = uniqueTexts([...one, ...other])
  return all.length > profileLimits.namesOfExec ? 'any' : all
}

/** Two tellings of one run: what either saw. */
function joinRuns(one: ProfiledRun, other: ProfiledRun): ProfiledRun {
  return {
    id: one.id,
    from: one.from < other.from ? one.from : other.from,
    to: one.to > other.to ? one.to : other.to,
    phases: uniqueTexts([...one.phases, ...other.phases]) as ProfiledRun['phases'],
    events: Math.max(one.events, other.events),
    gaps: Math.max(one.gaps, other.gaps),
  }
}

/** Sorted, each once. */
export function uniqueTexts(texts: Iterable<string>): readonly string[] {
  return [...new Set(texts)].sort((one, other) => (one < other ? -1 : one > other ? 1 : 0))
}

import { createHash } from 'node:crypto'
import { type Digest, isIndexMediaType, runConcurrently, toDigest } from '@sallyport/core'
import { isRegistryRepository, type Repository } from '@sallyport/oci'
import type { RegistryEvent } from '../event/registry-event.ts'
import { describeFinding } from '../judge/describe-finding.ts'
import { parseEvidenceTag } from '../judge/evidence-tag.ts'
import { incidents } from '../judge/incident.ts'
import type { Finding } from '../judge/finding.ts'
import type { JudgedBatch, KnownTag } from '../ports/monitor-state.ts'
import { emptyBatch } from '../run/judge-batch.ts'
import type { MonitorContext } from '../run/monitor-context.ts'
import type { WatchedPlace } from '../run/monitor-options.ts'
import { findThere, listReferrers, readChildren, readDescriptors } from './read-repository.ts'

const chunkSize = 200

/** What a look at one repository found. */
export interface PlaceLook {
  readonly tags: number
  /** Differences from the last look, each of which is an event now. */
  readonly changes: number
  readonly requests: number
}

/** What is asked of {@link pollPlace}. */
export interface PollPlaceOptions {
  /** Judges all that is there, and not only what has changed. */
  readonly isFull: boolean
  /** It was not there when all repositories were first listed: nothing in it was there before the monitor. */
  readonly isNew: boolean
  readonly now: Date
  readonly signal?: AbortSignal | undefined
}

/**
 * Compares a repository with what is known of it: each tag's digest, by a HEAD each, and the referrers of each digest, by
 * their list. What differs becomes an event. Only some tags are in memory at a time.
 */
export async function pollPlace(
  { registry, repository }: WatchedPlace,
  repositoryToRead: Repository,
  context: MonitorContext,
  { isFull, isNew, now, signal }: PollPlaceOptions,
): Promise<PlaceLook> {
  const { state, firstLook = 'note' } = context
  const place = `${registry}/${repository}`
  const requests = countRequests(repositoryToRead)
  const last = await state.findPlace(place)
  const begunAt = last?.at === undefined ? await state.findNote(firstLookOf(place)) : undefined
  const isFirst = last?.at === undefined && (!isNew || begunAt !== undefined)
  const mode = isFull ? 'judge' : isFirst ? firstLook : 'compare'
  if (isFirst && begunAt === undefined) await state.saveNote(firstLookOf(place), now.toISOString())
  const look = {
    place,
    registry,
    repository,
    since: last?.at ?? '',
    wasEmpty: last?.tags === 0,
    now,
    id: now.toISOString(),
  }
  const hash = createHash('sha256')
  let tags = 0
  let changes = 0
  let noted = 0

  const chunk = async (names: readonly string[]): Promise<void> => {
    const found = await readDescriptors(repositoryToRead, names, context, signal)
    const known = new Map((await state.seeTags(place, names, look.id)).map((each) => [each.tag, each]))
    const batch = openBatch(context, look, mode)
    for (const tag of names) {
      const digest = found.get(tag)?.digest
      if (digest === undefined) continue
      hash.update(`${tag} ${digest}\n`)
      batch.compareTag(tag, digest, known.get(tag))
    }
    const subjects = new Map(
      [...found].flatMap(([tag, each]) => (parseEvidenceTag(tag) === undefined ? [[each.digest, each]] : [])),
    )
    let failure: { readonly error: unknown } | undefined
    const attempt = <T>(read: Promise<T>): Promise<T | undefined> =>
      read.catch((error: unknown) => {
        signal?.throwIfAborted()
        failure ??= { error }
        return undefined
      })
    await runConcurrently(
      [...subjects],
      context.concurrency,
      signal,
      async ([subject, { mediaType }], signal) => {
        if (failure) return
        // What is judged tells its children; of what is only noted it has to be known as well that they are gone.
        if (mode === 'note' && isIndexMediaType(mediaType))
          batch.noteChildren(subject, (await attempt(readChildren(repositoryToRead, subject, signal))) ?? [])
        const listing = await attempt(listReferrers(repositoryToRead, subject, signal))
        if (!listing) return
        const { entries, complete, referrersApi } = listing
        const parts = await state.partsOf(place, subject)
        batch.compareReferrers(subject, await findThere(repositoryToRead, entries, context, signal), {
          known: parts.filter(({ relation }) => relation === 'referrer').map(({ digest }) => digest),
          // What could not be listed is not gone.
          isComplete: complete && referrersApi !== 'denied' && referrersApi !== 'unusable',
        })
      },
    )
    const saved = await batch.save()
    changes += saved.events
    noted += saved.noted
    tags += found.size
    // What was read was compared by then: who can make one list unreadable must not hide what else was pushed.
    if (failure) throw failure.error
  }

  let names: string[] = []
  for await (const tag of repositoryToRead.listTags({ signal })) {
    names.push(tag)
    if (names.length < chunkSize) continue
    await chunk(names)
    names = []
  }
  await chunk(names)
  changes += await findGone(repositoryToRead, context, look, { isEmpty: tags === 0, signal })
  if (begunAt !== undefined && noted > 0)
    await state.commit({ ...emptyBatch(context, now), findings: [brokenOff(look, begunAt, noted)] })
  await state.savePlace({
    place,
    at: now.toISOString(),
    hash: toDigest(hash),
    tags,
  })
  return { tags, changes, requests: countRequests(repositoryToRead) - requests }
}

const firstLookOf = (place: string): string => `first look ${place}`

/** What came between two attempts to note what is there can't be told from what was there before. */
function brokenOff({ place, registry, repository }: Look, begunAt: string, noted: number): Finding {
  return describeFinding(
    'gap',
    { registry, repository },
    {
      incident: incidents.gap(`first look ${place}`),
      severity: 'medium',
      odd: [
        `the first look at ${place} was begun at ${begunAt} and broken off`,
        `${noted} tags were noted only now, unjudged; audit those that came since`,
      ],
    },
  )
}

interface Look extends WatchedPlace {
  readonly place: string
  readonly since: string
  readonly wasEmpty: boolean
  readonly now: Date
  readonly id: string
}

/** Gathers what differs in some tags, and keeps it at once. */
function openBatch(context: MonitorContext, look: Look, mode: 'note' | 'judge' | 'compare') {
  const { place, now } = look
  const noted = { place, standing: 'noted', at: now.toISOString() } as const
  const events: RegistryEvent[] = []
  const tags: JudgedBatch['tags'][number][] = []
  const parts: JudgedBatch['parts'][number][] = []
  return {
    compareTag(tag: string, digest: Digest, known: KnownTag | undefined): void {
      if (known?.digest === digest && mode !== 'judge') return
      if (known === undefined && mode === 'note') {
        tags.push({ ...noted, tag, digest })
        parts.push({ ...noted, digest, parent: tag, relation: 'tagged' })
        return
      }
      const since = mode === 'judge' ? look.id : look.since
      const previousDigest = known?.digest
      events.push(eventOf(look, { action: 'push', tag, digest, previousDigest, since, knownAt: known?.at }))
    },
    noteChildren(index: Digest, children: readonly Digest[]): void {
      parts.push(
        ...children.map((digest) => ({ ...noted, digest, parent: index, relation: 'child' as const })),
      )
    },
    compareReferrers(
      subject: Digest,
      listed: readonly Digest[],
      { known, isComplete }: { readonly known: readonly Digest[]; readonly isComplete: boolean },
    ): void {
      const [now, before] = [new Set(listed), new Set(known)]
      for (const digest of now) {
        if (before.has(digest) && mode !== 'judge') continue
        if (mode === 'note') parts.push({ ...noted, digest, parent: subject, relation: 'referrer' })
        else events.push(eventOf(look, { action: 'push', digest, subject, since: look.since }))
      }
      for (const digest of isComplete ? before : []) {
        if (!now.has(digest))
          events.push(eventOf(look, { action: 'referrer-deleted', digest, subject, since: look.since }))
      }
    },
    async save(): Promise<{ readonly events: number; readonly noted: number }> {
      if (events.length + tags.length + parts.length > 0)
        await context.state.commit({ ...emptyBatch(context, now), tags, parts, probes: events })
      return { events: events.length, noted: tags.length }
    },
  }
}

/** Tags that were known and are not listed. */
async function findGone(
  repository: Repository,
  context: MonitorContext,
  look: Look,
  { isEmpty, signal }: { readonly isEmpty: boolean; readonly signal: AbortSignal | undefined },
): Promise<number> {
  const { state } = context
  const { since, wasEmpty } = look
  let changes = 0
  let after: string | undefined
  for (;;) {
    const unseen = await state.unseenTags(look.place, look.id, after)
    // Known only since the list was read, perhaps.
    const found = await readDescriptors(
      repository,
      unseen.map(({ tag }) => tag),
      context,
      signal,
    )
    const gone = unseen.filter(({ tag }) => !found.has(tag))
    // As a whole, and not tag by tag.
    const isAllGone = isEmpty && gone.length > 1 && gone.length === unseen.length && after === undefined
    const probes = isAllGone
      ? [eventOf(look, { action: 'repository-deleted', since: wasEmpty ? gone[0]!.at : since })]
      : gone.map(({ tag, digest, at }) =>
          eventOf(look, { action: 'tag-deleted', tag, previousDigest: digest, since, knownAt: at }),
        )
    if (probes.length > 0) await state.commit({ ...emptyBatch(context, look.now), probes })
    changes += probes.length
    if (isAllGone || unseen.length < 1000) return changes
    after = unseen.at(-1)!.tag
  }
}

function eventOf(
  { registry, repository, now, place }: Look,
  {
    since,
    knownAt = '',
    ...what
  }: Pick<RegistryEvent, 'action' | 'tag' | 'digest' | 'previousDigest' | 'subject'> & {
    /** Of the look before; empty when there was none. */
    readonly since: string
    /** When it was judged last. */
    readonly knownAt?: string | undefined
  },
): RegistryEvent {
  const { action, tag, digest, previousDigest, subject } = what
  const earliest = since > knownAt ? since : knownAt
  return {
    // One for each look: a look that is broken off does not count as the last one, and the same may have been otherwise.
    id: ['snapshot', place, action, tag, digest, previousDigest, subject, now.toISOString()].join(' '),
    source: 'snapshot',
    time: now.toISOString(),
    ...(earliest !== '' && earliest < now.toISOString() && { since: earliest }),
    actor: { kind: 'unknown' },
    registry,
    repository,
    ...what,
  }
}

function countRequests(repository: Repository): number {
  if (!isRegistryRepository(repository)) return 0
  return repository.requests().reduce((sum, { count }) => sum + count, 0)
}

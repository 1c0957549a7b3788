import { describeFinding } from '../judge/describe-finding.ts'
import type { Finding } from '../judge/finding.ts'
import { incidents } from '../judge/incident.ts'
import { findTerms, isGlob, type WatchTerms } from '../judge/watch.ts'
import type { JudgedBatch } from '../ports/monitor-state.ts'
import { toFailureMessage } from '../run/failure-message.ts'
import { emptyBatch } from '../run/judge-batch.ts'
import type { MonitorContext } from '../run/monitor-context.ts'
import { findUnseen, listWatched } from './list-watched.ts'
import type { WatchedPlace } from '../run/monitor-options.ts'
import { pollPlace } from './poll-place.ts'
import { openRegistryLanes } from './registry-lanes.ts'

/** What a look at all watched repositories found. */
export interface PollSummary {
  /** Repositories that were looked at. */
  readonly places: number
  /** Tags that were compared. */
  readonly tags: number
  /** Differences from the last look; each is an event now. */
  readonly changes: number
  /** Requests to registries. */
  readonly requests: number
  /** Repositories that could not be read; `place` is empty for `listPlaces` itself. */
  readonly failures: readonly { readonly place: string; readonly message: string }[]
  /** Globs of the terms of which no repository is known: nothing is compared there. */
  readonly unseen: readonly string[]
  /** Registries in which something has changed. */
  readonly changedRegistries: readonly string[]
}

/** Options of {@link poll}. */
export interface PollOptions {
  /** Has all judged, and not only what has changed. Default `false`. */
  readonly isFull?: boolean | undefined
  /** Since when repositories, or their list, can't be read; kept by the caller. */
  readonly failingSince: Map<string, number>
  /** Registries that are being looked at already, which are left out. Default: none. */
  readonly busy?: Set<string> | undefined
  /** Told once all that is to be looked at is listed. */
  readonly onListed?: (() => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** Looks at all watched repositories; one that can't be read keeps none of the others from it, nor does a registry that hangs. */
export async function poll(
  context: MonitorContext,
  { isFull = false, failingSince, busy = new Set(), onListed, signal }: PollOptions,
): Promise<PollSummary> {
  const { clock, state } = context
  const failures: { place: string; message: string }[] = []
  const changedRegistries = new Set<string>()
  const isListed = new Map(
    await Promise.all(
      context.watch.map(async (terms) => [terms, await state.findNote(listingOf(terms))] as const),
    ),
  )
  const sum = { places: 0, tags: 0, changes: 0, requests: 0 }
  const seen = new Set<WatchTerms>()
  let listFailure: string | undefined
  const onFailure = (message: string): void => {
    listFailure = message
    failures.push({ place: '', message })
  }
  const lookAt = async ({ registry, repository }: WatchedPlace): Promise<void> => {
    signal?.throwIfAborted()
    const place = `${registry}/${repository}`
    const now = clock.now()
    const incident = `${incidents.unjudged(place)} as a whole`
    const terms = findTerms(context.watch, place)!
    sum.places++
    try {
      const opened = context.verifierOf(registry, repository)!.repository
      const look = await pollPlace({ registry, repository }, opened, context, {
        isFull,
        isNew: context.listPlaces !== undefined && isListed.get(terms) !== undefined,
        now,
        signal,
      })
      sum.tags += look.tags
      sum.changes += look.changes
      sum.requests += look.requests
      if (look.changes > 0) changedRegistries.add(registry)
      if (failingSince.delete(place)) {
        const settles = [{ incident, why: 'the repository can be read again' }]
        await state.commit({ ...emptyBatch(context, now), settles })
      }
    } catch (error) {
      signal?.throwIfAborted()
      const message = toFailureMessage(error)
      failures.push({ place, message })
      const since = failingSince.get(place) ?? now.getTime()
      failingSince.set(place, since)
      if (now.getTime() - since < context.unreadableAfterMs) return
      const finding = describeFinding('unjudged', { registry, repository }, { incident, odd: [message] })
      await state.commit({ ...emptyBatch(context, now), findings: [finding] })
    }
  }
  const lanes = openRegistryLanes(lookAt, busy)
  let isWhole = true
  try {
    for await (const place of listWatched(context, { signal, onFailure })) {
      signal?.throwIfAborted()
      const terms = findTerms(context.watch, `${place.registry}/${place.repository}`)
      if (!terms) continue
      seen.add(terms)
      if (!lanes.add(place)) isWhole = false
    }
    onListed?.()
  } finally {
    await lanes.end()
  }
  for (const [terms, at] of context.listPlaces && isWhole && listFailure === undefined ? isListed : []) {
    if (at === undefined) await state.saveNote(listingOf(terms), clock.now().toISOString())
  }
  const unseen = findUnseen(context.watch, seen)
  await tellOfLists(context, { listFailure, unseen, failingSince })
  return { ...sum, failures, unseen, changedRegistries: [...changedRegistries] }
}

/** Says what is not looked at because nobody knows of it. */
async function tellOfLists(
  context: MonitorContext,
  {
    listFailure,
    unseen,
    failingSince,
  }: {
    readonly listFailure: string | undefined
    readonly unseen: readonly string[]
    readonly failingSince: Map<string, number>
  },
): Promise<void> {
  const { clock, watch, listPlaces, unreadableAfterMs } = context
  const now = clock.now()
  const findings: Finding[] = []
  const settles: JudgedBatch['settles'][number][] = []
  const tell = (incident: string, isWrong: boolean, why: string, describe: () => Finding): void => {
    if (!isWrong) {
      failingSince.delete(incident)
      settles.push({ incident, why })
      return
    }
    const since = failingSince.get(incident) ?? now.getTime()
    failingSince.set(incident, since)
    if (now.getTime() - since >= unreadableAfterMs) findings.push(describe())
  }
  const nowhere = { registry: '', repository: '' }
  if (listPlaces) {
    const incident = incidents.unjudged('the list of repositories')
    tell(incident, listFailure !== undefined, 'the list can be read again', () =>
      describeFinding('unjudged', nowhere, {
        incident,
        odd: [
          `listPlaces fails: ${listFailure}`,
          'what is not known yet is not looked at until it can be listed',
        ],
      }),
    )
  }
  for (const glob of new Set(watch.flatMap(({ repositories }) => repositories.filter(isGlob)))) {
    const incident = incidents.gap(`no repository of ${glob}`)
    tell(incident, unseen.includes(glob), 'a repository of these terms is known', () =>
      describeFinding('gap', nowhere, {
        incident,
        severity: 'medium',
        odd: [
          `no repository is known that matches ${glob}, so nothing is compared there`,
          listPlaces
            ? 'listPlaces names none, and no event was about one'
            : 'name repositories, or give listPlaces; until then only what events name is looked at',
        ],
      }),
    )
  }
  if (findings.length + settles.length > 0)
    await context.state.commit({ ...emptyBatch(context, now), findings, settles })
}

/** Name of the note that all repositories of some terms have been listed once. */
function listingOf({ repositories }: WatchTerms): string {
  return `listed ${JSON.stringify(repositories)}`
}

import { describeFinding } from '../judge/describe-finding.ts'
import { incidents } from '../judge/incident.ts'
import type { WatchTerms } from '../judge/watch.ts'
import { emptyBatch } from '../run/judge-batch.ts'
import type { MonitorContext } from '../run/monitor-context.ts'
import type { WatchedPlace } from '../run/monitor-options.ts'
import { pollPlace } from './poll-place.ts'

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
  /** Repositories that could not be read. */
  readonly failures: readonly { readonly place: string; readonly message: string }[]
  /** Registries in which something has changed. */
  readonly changedRegistries: readonly string[]
}

/** Looks at all watched repositories; one that can't be read keeps none of the others from it. */
export async function poll(
  context: MonitorContext,
  {
    isFull = false,
    failingSince,
    signal,
  }: {
    readonly isFull?: boolean
    /** Since when repositories can't be read; kept by the caller. */
    readonly failingSince: Map<string, number>
    readonly signal?: AbortSignal | undefined
  },
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
  for await (const { registry, repository } of context.listPlaces?.(signal) ?? listKnown(context)) {
    signal?.throwIfAborted()
    const place = `${registry}/${repository}`
    const verifier = context.verifierOf(registry, repository)
    if (!verifier) continue
    const now = clock.now()
    const incident = `${incidents.unjudged(place)} as a whole`
    sum.places++
    try {
      const look = await pollPlace({ registry, repository }, verifier.repository, context, {
        isFull,
        isNew: context.listPlaces !== undefined && isListed.get(verifier.terms) !== undefined,
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
      const message = error instanceof Error ? error.message : String(error)
      failures.push({ place, message })
      const since = failingSince.get(place) ?? now.getTime()
      failingSince.set(place, since)
      if (now.getTime() - since < context.unreadableAfterMs) continue
      const finding = describeFinding('unjudged', { registry, repository }, { incident, odd: [message] })
      await state.commit({ ...emptyBatch(context, now), findings: [finding] })
    }
  }
  for (const [terms, at] of context.listPlaces ? isListed : []) {
    if (at === undefined) await state.saveNote(listingOf(terms), clock.now().toISOString())
  }
  return { ...sum, failures, changedRegistries: [...changedRegistries] }
}

/** Name of the note that all repositories of some terms have been listed once. */
function listingOf({ repositories }: WatchTerms): string {
  return `listed ${JSON.stringify(repositories)}`
}

/** What the terms name in full, and what was looked at before or told of. */
async function* listKnown({ watch, state }: MonitorContext): AsyncGenerator<WatchedPlace, void, undefined> {
  const named = watch.flatMap(({ repositories }) => repositories.filter((glob) => !glob.includes('*')))
  const known = (await state.places()).map(({ place }) => place)
  for (const place of new Set([...named, ...known])) {
    const slash = place.indexOf('/')
    if (slash > 0) yield { registry: place.slice(0, slash), repository: place.slice(slash + 1) }
  }
}

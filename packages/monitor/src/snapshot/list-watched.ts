import { setTimeout as delay } from 'node:timers/promises'
import { joinSignals } from '@sallyport/core'
import { isGlob, type WatchTerms } from '../judge/watch.ts'
import { toFailureMessage } from '../run/failure-message.ts'
import type { MonitorContext } from '../run/monitor-context.ts'
import type { WatchedPlace } from '../run/monitor-options.ts'

const nameOf = ({ registry, repository }: WatchedPlace): string => `${registry}/${repository}`

/**
 * Lists the repositories to look at, those that terms name, and those that were looked at before or told of, also when
 * `listPlaces` fails.
 *
 * @param onFailure Told when `listPlaces` fails.
 */
export async function* listWatched(
  context: MonitorContext,
  {
    signal,
    onFailure,
    longestMs = 90_000,
  }: {
    readonly signal?: AbortSignal | undefined
    readonly onFailure: (message: string) => void
    /** For so long the next repository is waited for, in milliseconds. Default 90,000. */
    readonly longestMs?: number | undefined
  },
): AsyncGenerator<WatchedPlace, void, undefined> {
  const { listPlaces } = context
  if (!listPlaces) return yield* listKnown(context)
  const listed = new Set<string>()
  try {
    for await (const place of inTime(listPlaces(signal), { longestMs, signal })) {
      listed.add(nameOf(place))
      yield place
    }
    return
  } catch (error) {
    signal?.throwIfAborted()
    onFailure(toFailureMessage(error))
  }
  for await (const place of listKnown(context)) {
    if (!listed.has(nameOf(place))) yield place
  }
}

/** Of one that hangs nothing would be heard, and nothing be looked at any more. */
async function* inTime<T>(
  all: AsyncIterable<T>,
  { longestMs, signal }: { readonly longestMs: number; readonly signal: AbortSignal | undefined },
): AsyncGenerator<T, void, undefined> {
  const iterator = all[Symbol.asyncIterator]()
  try {
    for (;;) {
      const enough = new AbortController()
      using either = joinSignals([signal, enough.signal])
      const late = delay(longestMs, undefined, { ref: false, signal: either.signal }).then(() => {
        throw new Error(`nothing was listed within ${longestMs} ms`)
      })
      const { done, value } = await Promise.race([iterator.next(), late]).finally(() => {
        late.catch(() => undefined)
        enough.abort()
      })
      if (done === true) return
      yield value
    }
  } finally {
    // Not waited for: one that hangs would keep it.
    iterator.return?.().catch(() => undefined)
  }
}

/** What the terms name in full, and what was looked at before or told of. */
async function* listKnown({ watch, state }: MonitorContext): AsyncGenerator<WatchedPlace, void, undefined> {
  const named = watch.flatMap(({ repositories }) => repositories.filter((each) => !isGlob(each)))
  const known = (await state.places()).map(({ place }) => place)
  for (const place of new Set([...named, ...known])) {
    const slash = place.indexOf('/')
    if (slash > 0) yield { registry: place.slice(0, slash), repository: place.slice(slash + 1) }
  }
}

/** Globs of terms of which no repository was looked at: nothing is compared there. */
export function findUnseen(watch: readonly WatchTerms[], seen: ReadonlySet<WatchTerms>): readonly string[] {
  return watch.filter((terms) => !seen.has(terms)).flatMap(({ repositories }) => repositories.filter(isGlob))
}

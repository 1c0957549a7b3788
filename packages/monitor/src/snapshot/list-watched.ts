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
  }: { readonly signal?: AbortSignal | undefined; readonly onFailure: (message: string) => void },
): AsyncGenerator<WatchedPlace, void, undefined> {
  const { listPlaces } = context
  if (!listPlaces) return yield* listKnown(context)
  const listed = new Set<string>()
  try {
    for await (const place of listPlaces(signal)) {
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

import type { PendingEvent } from '../ports/monitor-state.ts'

/** What {@link judgeDue} works with. */
export interface JudgeDueOptions {
  /** Reads what is due, those first that waited longest; what is being judged is due as well. */
  readonly due: (limit: number) => Promise<readonly PendingEvent[]>
  /** Judges events of one repository, and keeps how they ended. */
  readonly judge: (events: readonly PendingEvent[]) => Promise<void>
  /** Resolves when more may be due. */
  readonly arrival: () => Promise<void>
  /** Whether nothing more is to be begun. */
  readonly isEnough: () => boolean
}

/** Events that are read at once at most, with those that are held. Under such a load as many are judged together as can be. */
const mostHeld = 2000

/**
 * Judges until nothing is due. Of each repository one batch at a time is judged, of all that came meanwhile, for its events
 * are judged by what was found out before; repositories do not wait for each other.
 */
export async function judgeDue({ due, judge, arrival, isEnough }: JudgeDueOptions): Promise<void> {
  const held = new Set<string>()
  const endedMeanwhile = new Set<string>()
  const waiting = new Map<string, PendingEvent[]>()
  const busy = new Map<string, Promise<void>>()
  let isMore = true
  let more: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined

  const begin = (place: string, events: readonly PendingEvent[]): void => {
    waiting.delete(place)
    const work = judge(events)
      .catch((error: unknown) => void (failure ??= { error }))
      .finally(() => {
        busy.delete(place)
        for (const { key } of events) {
          held.delete(key)
          endedMeanwhile.add(key)
        }
      })
    busy.set(place, work)
  }
  const read = async (): Promise<void> => {
    isMore = false
    endedMeanwhile.clear()
    more = arrival().then(() => void (isMore = true))
    const events = await due(mostHeld)
    if (events.length === mostHeld) isMore = true
    for (const pending of events) {
      if (held.has(pending.key) || endedMeanwhile.has(pending.key)) continue
      held.add(pending.key)
      const place = placeOf(pending)
      const queue = waiting.get(place)
      if (queue) queue.push(pending)
      else waiting.set(place, [pending])
    }
  }
  const isOver = (): boolean => failure !== undefined || isEnough()

  for (;;) {
    try {
      if (isMore && held.size <= mostHeld / 2 && !isOver()) await read()
    } catch (error) {
      failure ??= { error }
    }
    if (!failure) for (const [place, events] of waiting) if (!busy.has(place)) begin(place, events)
    if (busy.size > 0) await Promise.race([...busy.values(), ...(more && !isMore ? [more] : [])])
    else if (!isMore || isOver()) break
  }
  if (failure) throw failure.error
}

function placeOf({ event: { registry, repository } }: PendingEvent): string {
  return `${registry}/${repository}`
}

import { setTimeout as delay } from 'node:timers/promises'
import type { PendingEvent } from '../ports/monitor-state.ts'

/** What {@link openJudging} works with. */
export interface JudgingOptions {
  /** Reads what is due, those first that waited longest; what is being judged is due as well. */
  readonly due: (limit: number) => Promise<readonly PendingEvent[]>
  /** Resolves when more may be due. */
  readonly arrival: () => Promise<void>
}

/** Options of {@link Judging.run}. */
export interface JudgingRun {
  /** Judges events of one registry, and keeps how they ended. */
  readonly judge: (events: readonly PendingEvent[]) => Promise<void>
  /** After so long it resolves, in milliseconds; what is being judged by then goes on. */
  readonly longestMs: number
  /** Has nothing more begun; whoever judges ends by itself. */
  readonly signal?: AbortSignal | undefined
}

/** Judges registries beside each other. */
export interface Judging {
  /** Judges until nothing is due, or the time is up. Rejects when something could not be kept. */
  run(options: JudgingRun): Promise<void>
  /** Resolves once nothing is being judged. Rejects as `run` does. */
  idle(): Promise<void>
}

/** Events that are read at once at most, with those that are held. Under such a load as many are judged together as can be. */
const mostHeld = 2000
/** While something is being judged, what else is due is looked for this often, in milliseconds. */
const restMs = 50

/**
 * Of each registry one batch at a time is judged, of all that came meanwhile: its events are judged by what was found out
 * before, and the more there are, the less is read for each. Registries do not wait for each other, also when one of them is
 * read for longer than a run.
 */
export function openJudging({ due, arrival }: JudgingOptions): Judging {
  const held = new Set<string>()
  const endedMeanwhile = new Set<string>()
  const waiting = new Map<string, PendingEvent[]>()
  const busy = new Map<string, Promise<void>>()
  let isMore = true
  let more: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined

  const begin = (registry: string, events: readonly PendingEvent[], judge: JudgingRun['judge']): void => {
    waiting.delete(registry)
    const work = judge(events)
      .catch((error: unknown) => void (failure ??= { error }))
      .finally(() => {
        busy.delete(registry)
        for (const { key } of events) {
          held.delete(key)
          endedMeanwhile.add(key)
        }
      })
    busy.set(registry, work)
  }
  const awaitMore = async (): Promise<void> => {
    await arrival()
    // Reading costs as much as judging does, and most of what comes is of those who are being judged.
    if (busy.size > 0) await Promise.race([delay(restMs, undefined, { ref: false }), ...busy.values()])
    isMore = true
  }
  const read = async (): Promise<void> => {
    isMore = false
    endedMeanwhile.clear()
    more = awaitMore()
    const events = await due(mostHeld)
    if (events.length === mostHeld) isMore = true
    for (const pending of events) {
      if (held.has(pending.key) || endedMeanwhile.has(pending.key)) continue
      held.add(pending.key)
      const { registry } = pending.event
      const queue = waiting.get(registry)
      if (queue) queue.push(pending)
      else waiting.set(registry, [pending])
    }
  }
  /** They are due all the same, and read again. */
  const dropWaiting = (): void => {
    for (const { key } of [...waiting.values()].flat()) held.delete(key)
    waiting.clear()
  }
  const idle = async (): Promise<void> => {
    await Promise.all(busy.values())
    if (!failure) return
    const { error } = failure
    failure = undefined
    throw error
  }

  return {
    idle,
    async run({ judge, longestMs, signal }) {
      let isUp = false
      const time = Promise.withResolvers<void>()
      const timer = setTimeout(() => {
        isUp = true
        time.resolve()
      }, longestMs)
      const canRead = (): boolean => isMore && held.size <= mostHeld / 2
      const isOver = (): boolean => failure !== undefined || isUp || signal?.aborted === true
      isMore = true
      while (!isOver()) {
        try {
          if (canRead()) await read()
        } catch (error) {
          failure ??= { error }
        }
        if (failure || signal?.aborted === true) break
        for (const [registry, events] of waiting) if (!busy.has(registry)) begin(registry, events, judge)
        // What came while it was read.
        if (canRead()) continue
        if (busy.size > 0)
          await Promise.race([time.promise, ...busy.values(), ...(more && !isMore ? [more] : [])])
        else if (!isMore) break
      }
      clearTimeout(timer)
      dropWaiting()
      if (failure || signal?.aborted === true) await idle()
    },
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import type { PendingEvent } from '../ports/monitor-state.ts'

/** What {@link openJudging} works with. */
export interface JudgingOptions {
  /** Reads what is due of one queue other than `except`, those events first that waited longest. */
  readonly due: (options: {
    readonly limit: number
    readonly except: ReadonlySet<string>
  }) => Promise<readonly PendingEvent[]>
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

/** Events that are judged together at most. Under such a load as many are judged together as can be. */
const mostAtOnce = 1000
/** While something is being judged, what else is due is looked for this often, in milliseconds. */
const restMs = 50

/**
 * Of each registry one batch at a time is judged, of all that came meanwhile: its events are judged by what was found out
 * before, and the more there are, the less is read for each. Registries do not wait for each other, also when one of them is
 * read for longer than a run.
 */
export function openJudging({ due, arrival }: JudgingOptions): Judging {
  const busy = new Map<string, Promise<void>>()
  let isMore = true
  let more: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined

  const begin = (queue: string, events: readonly PendingEvent[], judge: JudgingRun['judge']): void => {
    const work = judge(events)
      .catch((error: unknown) => void (failure ??= { error }))
      .finally(() => {
        busy.delete(queue)
        isMore = true
      })
    busy.set(queue, work)
  }
  const awaitMore = async (): Promise<void> => {
    await arrival()
    // Most of what comes is of those who are being judged.
    if (busy.size > 0) await Promise.race([delay(restMs, undefined, { ref: false }), ...busy.values()])
    isMore = true
  }
  const read = async (): Promise<readonly PendingEvent[]> => {
    isMore = false
    more = awaitMore()
    const limit = Math.ceil(mostAtOnce / (busy.size + 1))
    return await due({ limit, except: new Set(busy.keys()) })
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
      const isEnough = (): boolean => failure !== undefined || signal?.aborted === true
      const isOver = (): boolean => isUp || isEnough()
      isMore = true
      while (!isOver()) {
        if (!isMore) {
          if (busy.size === 0) break
          await Promise.race([time.promise, ...busy.values(), more])
          continue
        }
        try {
          const events = await read()
          const [first] = events
          if (first === undefined || isEnough()) continue
          begin(first.queue, events, judge)
          isMore = true
        } catch (error) {
          failure ??= { error }
        }
      }
      clearTimeout(timer)
      if (isEnough()) await idle()
    },
  }
}

import pLimit, { type LimitFunction } from 'p-limit'
import type { Alert } from '../alert/alert.ts'
import type { MonitorContext } from '../run/monitor-context.ts'
import { isResponded, respond } from './respond.ts'

/** Responds to alerts beside each other. */
export interface Responder {
  /** Resolves once all that is to be done about an alert was tried. Rejects when that can't be kept, or on abort. */
  respond(alert: Alert, signal: AbortSignal | undefined): Promise<void>
}

/** Written to one registry at the same time: whoever pushes to many tags makes as many responses. */
const perRegistry = 4

/**
 * Makes a responder. A tag that is overwritten may take its manifest with it, so the copy comes first, unless it takes longer
 * than `longestCopyMs`. Registries do not wait for each other; of one tag, one alert after the other is responded to, in the
 * order in which they were raised.
 */
export function createResponder(
  context: MonitorContext,
  { longestCopyMs = 10_000 }: { readonly longestCopyMs?: number | undefined } = {},
): Responder {
  const limits = new Map<string, LimitFunction>()
  const tails = new Map<string, Promise<unknown>>()
  const bounded = async (registry: string, work: () => Promise<string>): Promise<string> => {
    const limit = limits.get(registry) ?? pLimit(perRegistry)
    limits.set(registry, limit)
    try {
      return await limit(work)
    } finally {
      if (limit.activeCount + limit.pendingCount === 0) limits.delete(registry)
    }
  }
  return {
    async respond(alert, signal) {
      if (!context.responses || !isResponded(alert)) return
      const place = JSON.stringify([alert.registry, alert.repository, alert.tag ?? alert.digest])
      const before = tails.get(place)
      const work = async (): Promise<void> => {
        await before
        await respond(alert, context, { bounded, longestCopyMs, signal })
      }
      const done = work()
      // Whatever became of it: who waits for it goes on.
      const tail = done
        .catch(() => undefined)
        .finally(() => {
          if (tails.get(place) === tail) tails.delete(place)
        })
      tails.set(place, tail)
      await done
    },
  }
}

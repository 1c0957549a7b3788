import { MonitorError } from '../../errors.ts'
import type { RegistryEvent } from '../../event/registry-event.ts'

/** Brings the events of deliveries to one loop, and the news that they were taken back. */
export interface HandOver {
  /** Resolves when the loop has taken all of them and asked for the next. */
  offer(events: readonly RegistryEvent[]): Promise<void>
  /** One loop at a time. */
  events(options?: { readonly signal?: AbortSignal | undefined }): AsyncGenerator<RegistryEvent, void, void>
}

interface Waiting {
  readonly events: readonly RegistryEvent[]
  readonly taken: () => void
  readonly failed: (error: MonitorError) => void
}

/** Joins deliveries and a loop; `maxWaiting` deliveries wait at most. */
export function createHandOver(maxWaiting: number): HandOver {
  const queue: Waiting[] = []
  let isTaken = false
  let wake = (): void => undefined

  return {
    async offer(events) {
      if (!isTaken) throw unavailable('nobody takes events at the moment')
      if (queue.length >= maxWaiting) throw unavailable(`${maxWaiting} deliveries wait already`)
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      queue.push({ events, taken: resolve, failed: reject })
      wake()
      await promise
    },
    async *events({ signal } = {}) {
      if (isTaken)
        throw new MonitorError('OPTIONS_INVALID', 'the events of a receiver are taken by one loop at a time')
      isTaken = true
      let current: Waiting | undefined
      const onAbort = () => wake()
      const isEnded = () => signal?.aborted === true
      signal?.addEventListener('abort', onAbort)
      try {
        for (;;) {
          while (queue.length === 0 && !isEnded()) await new Promise<void>((resolve) => (wake = resolve))
          if (isEnded()) return
          current = queue.shift()
          yield* current?.events ?? []
          current?.taken()
          current = undefined
        }
      } finally {
        isTaken = false
        signal?.removeEventListener('abort', onAbort)
        const left = unavailable('the loop over the events has ended')
        current?.failed(left)
        for (const waiting of queue.splice(0)) waiting.failed(left)
      }
    },
  }
}

function unavailable(message: string): MonitorError {
  return new MonitorError('SOURCE_UNAVAILABLE', message, { status: 503, retryable: true })
}

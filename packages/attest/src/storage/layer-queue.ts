import type { Repository } from '@sallyport/oci'
import { type EnsuredLayers, ensureLayers, type WantedLayers } from './ensure-layers.ts'

interface Waiting {
  readonly wanted: WantedLayers
  readonly signal: AbortSignal | undefined
  readonly done: (ensured: EnsuredLayers) => void
  readonly failed: (error: unknown) => void
  gone: boolean
}

interface TagQueue {
  waiting: Waiting[]
}

// Keyed by the object, not the name: whoever may write does so with their own credentials only.
const queues = new WeakMap<Repository, Map<string, TagQueue>>()

/**
 * As {@link ensureLayers}, together with what else is wanted under the tag through the same `Repository` at this time:
 * one reading and one write for all that wait. Aborted, the layers may be written all the same.
 */
export function ensureQueued(
  repository: Repository,
  tag: string,
  wanted: WantedLayers,
  signal: AbortSignal | undefined,
): Promise<EnsuredLayers> {
  return new Promise<EnsuredLayers>((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error)
    const leave = (): void => {
      entry.gone = true
      reject(signal?.reason as Error)
    }
    const left = (): void => signal?.removeEventListener('abort', leave)
    const entry: Waiting = {
      wanted,
      signal,
      done: (ensured) => (left(), resolve(ensured)),
      failed: (error) => (left(), reject(error as Error)),
      gone: false,
    }
    signal?.addEventListener('abort', leave, { once: true })

    const tags = queues.get(repository) ?? new Map<string, TagQueue>()
    queues.set(repository, tags)
    const queue = tags.get(tag)
    if (queue !== undefined) return void queue.waiting.push(entry)
    const created: TagQueue = { waiting: [entry] }
    tags.set(tag, created)
    void work(repository, tag, created, () => tags.delete(tag))
  })
}

/** Serves batch after batch until nobody waits; what arrives meanwhile makes the next. */
async function work(repository: Repository, tag: string, queue: TagQueue, close: () => void): Promise<void> {
  for (;;) {
    const batch = queue.waiting.filter(({ gone }) => !gone)
    queue.waiting = []
    if (batch.length === 0) return close()
    await serve(repository, tag, batch)
  }
}

async function serve(repository: Repository, tag: string, batch: readonly Waiting[]): Promise<void> {
  const abandoned = new AbortController()
  const checkAbandoned = (): void => {
    if (batch.every(({ gone }) => gone)) abandoned.abort(new Error('nobody waits any more'))
  }
  for (const { signal } of batch) signal?.addEventListener('abort', checkAbandoned)
  try {
    const wanted: WantedLayers = {
      own: new Map(batch.flatMap((each) => [...each.wanted.own])),
      others: new Map(batch.flatMap((each) => [...each.wanted.others])),
      settleMs: Math.max(...batch.map((each) => each.wanted.settleMs)),
    }
    const ensured = await ensureLayers(repository, tag, wanted, abandoned.signal)
    for (const { done } of batch) done(ensured)
  } catch (error) {
    for (const { failed } of batch) failed(error)
  } finally {
    for (const { signal } of batch) signal?.removeEventListener('abort', checkAbandoned)
  }
}

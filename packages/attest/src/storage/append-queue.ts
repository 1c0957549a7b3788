import type { Descriptor, Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { AttestError } from '../errors.ts'
import { appendLayers } from './append-layers.ts'
import { maxLegacyLayers } from './wire-format.ts'

interface Waiting {
  readonly layer: Descriptor
  readonly settleMs: number
  readonly signal: AbortSignal | undefined
  readonly done: (manifest: Digest) => void
  readonly failed: (error: unknown) => void
  gone: boolean
}

interface TagQueue {
  waiting: Waiting[]
}

// Keyed by the object, not the name: whoever may write does so with their own credentials only.
const queues = new WeakMap<Repository, Map<string, TagQueue>>()

/**
 * Appends a layer under a tag, together with what else is appended there through the same `Repository` at this time:
 * one write for all that wait. Resolves with the manifest that holds it; aborted, it may be written all the same.
 *
 * @throws {AttestError} `LIMIT_EXCEEDED` when the manifest has as many layers as readers look at, and as
 *   {@link appendLayers}.
 */
export function appendQueued(
  repository: Repository,
  tag: string,
  layer: Descriptor,
  { settleMs, signal }: { readonly settleMs: number; readonly signal?: AbortSignal | undefined },
): Promise<Digest> {
  return new Promise<Digest>((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error)
    const leave = (): void => {
      entry.gone = true
      reject(signal?.reason as Error)
    }
    const settled = (): void => signal?.removeEventListener('abort', leave)
    const entry: Waiting = {
      layer,
      settleMs,
      signal,
      done: (manifest) => (settled(), resolve(manifest)),
      failed: (error) => (settled(), reject(error as Error)),
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

/** Writes batch after batch until nobody waits; what arrives meanwhile makes the next. */
async function work(repository: Repository, tag: string, queue: TagQueue, close: () => void): Promise<void> {
  for (;;) {
    const batch = queue.waiting.filter(({ gone }) => !gone)
    queue.waiting = []
    if (batch.length === 0) return close()
    await writeBatch(repository, tag, batch)
  }
}

async function writeBatch(repository: Repository, tag: string, batch: readonly Waiting[]): Promise<void> {
  const abandoned = new AbortController()
  const checkAbandoned = (): void => {
    if (batch.every(({ gone }) => gone)) abandoned.abort(new Error('nobody waits any more'))
  }
  for (const { signal } of batch) signal?.addEventListener('abort', checkAbandoned)
  try {
    const layers = batch.map(({ layer }) => layer)
    const settleMs = Math.max(...batch.map((each) => each.settleMs))
    const { manifest, refused } = await appendLayers(repository, tag, layers, {
      settleMs,
      signal: abandoned.signal,
    })
    for (const { layer, done, failed } of batch) {
      if (!refused.has(layer)) done(manifest)
      else
        failed(
          new AttestError('LIMIT_EXCEEDED', `${tag} has ${maxLegacyLayers} layers; readers look at no more`),
        )
    }
  } catch (error) {
    for (const { failed } of batch) failed(error)
  } finally {
    for (const { signal } of batch) signal?.removeEventListener('abort', checkAbandoned)
  }
}

import { canonicalJson } from '@sallyport/core'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pLimit from 'p-limit'
import type { GateContext } from '../promote/gate-context.ts'
import type { PromotionOutcome } from '../promote/outcome.ts'
import type { PromotionProgress } from '../promote/progress.ts'
import { promoteOne } from '../promote/promote-one.ts'
import type { PromotionRequest } from '../promote/request.ts'
import { folderBlobCache } from './blob-cache.ts'
import { createUploadIndex } from './upload-index.ts'

/** Options of a batch. */
export interface PromoteAllOptions {
  /** How many promotions run at once. Default 4. */
  readonly concurrency?: number | undefined
  /** Ends all; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  /** Sees each step of each promotion. */
  readonly onProgress?: ((progress: PromotionProgress, request: PromotionRequest) => void) | undefined
  /** Told of each promotion that ended. Must not throw. */
  readonly onOutcome?: ((outcome: PromotionOutcome, request: PromotionRequest) => void) | undefined
}

/**
 * Promotes many images. Equal requests are one; those to the same tag run one after the other, in their order; layers
 * that images share are fetched once, and sent to a registry once.
 */
export async function promoteAll(
  gate: GateContext,
  requests: readonly PromotionRequest[],
  { concurrency = 4, signal, onProgress, onOutcome }: PromoteAllOptions = {},
): Promise<readonly PromotionOutcome[]> {
  signal?.throwIfAborted()
  await using batch = await openBatch(gate)
  const limit = pLimit(checkConcurrency(concurrency))
  const started = new Map<string, Promise<PromotionOutcome>>()
  const lanes = new Map<string, Promise<unknown>>()
  const outcomes = requests.map((request) => {
    const name = canonicalJson(request)
    const known = started.get(name)
    if (known) return known
    const before = lanes.get(request.to) ?? Promise.resolve()
    const outcome = before
      .catch(() => undefined)
      .then(() =>
        limit(async () => {
          const progress = onProgress && ((event: PromotionProgress) => onProgress(event, request))
          const ended = await promoteOne(batch.gate, request, { signal, onProgress: progress })
          onOutcome?.(ended, request)
          return ended
        }),
      )
    started.set(name, outcome)
    lanes.set(request.to, outcome)
    return outcome
  })
  // All have to end before what they share is deleted.
  const settled = await Promise.allSettled(outcomes)
  signal?.throwIfAborted()
  return settled.map((each) => {
    if (each.status === 'rejected') throw each.reason
    return each.value
  })
}

/** What the promotions of a batch share. Dispose it to delete the layers that were kept. */
export async function openBatch(
  gate: GateContext,
): Promise<{ readonly gate: GateContext } & AsyncDisposable> {
  const { createLayerStore } = await import('@sallyport/image')
  const directory = await mkdtemp(join(gate.workDirectory ?? tmpdir(), 'sallyport-batch-'))
  return {
    gate: {
      ...gate,
      layerStore: gate.layerStore ?? createLayerStore({ directory }),
      // Layers are in that store.
      blobCache: gate.blobCache ?? folderBlobCache({ directory, maxBlobBytes: 8 * 1024 * 1024 }),
      uploads: gate.uploads ?? createUploadIndex(),
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}

/** How many may run at once. */
export function checkConcurrency(concurrency: number): number {
  if (Number.isInteger(concurrency) && concurrency > 0) return concurrency
  throw new RangeError(`concurrency must be a positive integer, not ${concurrency}`)
}

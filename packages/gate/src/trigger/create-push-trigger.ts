import pLimit from 'p-limit'
import {
  formatReference,
  isIndexMediaType,
  isSallyportError,
  mediaTypes,
  type RawManifest,
} from '@sallyport/core'
import { holdsOnlyDocuments, isEvidenceTag, isTag, parseManifest } from '@sallyport/oci'
import { checkConcurrency } from '../batch/promote-all.ts'
import { GateError } from '../errors.ts'
import type { Gate } from '../promote/create-gate.ts'
import type { PromotionOutcome } from '../promote/outcome.ts'
import type { PromotionRequest } from '../promote/request.ts'
import { toGateError } from '../promote/to-gate-error.ts'
import type { PushEvent } from './push-event.ts'

/** What a route makes of a push: where it goes. The source is what was pushed. */
export type RoutedRequest = Omit<PromotionRequest, 'from'>

/** Options of {@link createPushTrigger}. */
export interface PushTriggerOptions {
  /** The gate that promotes what was pushed. */
  readonly gate: Pick<Gate, 'promote' | 'context'>
  /** Says where what was pushed goes; `undefined`: nowhere. Not asked about evidence. */
  readonly route: (event: PushEvent) => RoutedRequest | undefined
  /** How many promotions run at once. Default 2. */
  readonly concurrency?: number | undefined
  /** How many may wait; more are refused. Default 1,000. */
  readonly maxWaiting?: number | undefined
  /** Ends what runs and what waits. */
  readonly signal?: AbortSignal | undefined
}

/** What became of a push. */
export type PushReaction =
  | {
      readonly type: 'promoted'
      readonly request: PromotionRequest
      readonly outcome: PromotionOutcome
      /** An earlier event was about the same, and its promotion had not ended. */
      readonly joined: boolean
    }
  /** `not-routed`: the route wants it nowhere; `evidence`: it is no image; `gone`: it is not there any more. */
  | { readonly type: 'ignored'; readonly reason: 'not-routed' | 'evidence' | 'gone' }
  /** Too many wait, it could not be looked at, or it was aborted. Tell it again later when `error.retryable`. */
  | { readonly type: 'refused'; readonly error: GateError }

/** Runs the gate when images are pushed. */
export interface PushTrigger {
  /**
   * Takes an event. Resolves when what it led to has ended, and never rejects; who only wants to hand it in need not wait.
   */
  onPush(event: PushEvent): Promise<PushReaction>
  /** Resolves when everything that was handed in has ended. */
  drain(): Promise<void>
}

/**
 * Scans, hardens and promotes at push. Events are hints: the registry is asked what the tag is at now, and that digest is
 * promoted. Events about a digest and destination that is waiting or running join it; later ones find that nothing is to
 * be done. It sets no timers, and starts nothing by itself.
 */
export function createPushTrigger({
  gate,
  route,
  concurrency = 2,
  maxWaiting = 1000,
  signal,
}: PushTriggerOptions): PushTrigger {
  const limit = pLimit(checkConcurrency(concurrency))
  const running = new Map<string, Promise<PromotionOutcome>>()
  const open = new Set<Promise<unknown>>()

  const start = (request: PromotionRequest): { outcome: Promise<PromotionOutcome>; joined: boolean } => {
    // The source is known by its digest.
    const name = JSON.stringify([request.from.slice(request.from.indexOf('@')), request.to, request.tier])
    const known = running.get(name)
    if (known) return { outcome: known, joined: true }
    if (limit.pendingCount >= maxWaiting) {
      throw new GateError('QUEUE_FULL', `${maxWaiting} promotions wait already; tell it again later`, {
        retryable: true,
      })
    }
    const outcome = limit(() => gate.promote(request, { signal })).finally(() => running.delete(name))
    running.set(name, outcome)
    return { outcome, joined: false }
  }

  const take = async (event: PushEvent): Promise<PushReaction> => {
    signal?.throwIfAborted()
    const { registry, repository, tag, digest } = event
    if (tag !== undefined && (!isTag(tag) || isEvidenceTag(tag)))
      return { type: 'ignored', reason: 'evidence' }
    const routed = route(event)
    if (!routed) return { type: 'ignored', reason: 'not-routed' }
    const found = await gate.context
      .repository({ registry, repository })
      .findManifest(tag ?? digest, { signal })
    if (!found) return { type: 'ignored', reason: 'gone' }
    if (!isImage(found)) return { type: 'ignored', reason: 'evidence' }
    const from = formatReference({ registry, repository, tag, digest: found.descriptor.digest })
    const request = { ...routed, from }
    const { outcome, joined } = start(request)
    return { type: 'promoted', request, outcome: await outcome, joined }
  }

  return {
    onPush(event) {
      const work = take(event).catch((cause: unknown): PushReaction => {
        return { type: 'refused', error: toRefusal(cause, event) }
      })
      open.add(work)
      void work.then(() => open.delete(work))
      return work
    },
    async drain() {
      while (open.size > 0) await Promise.all(open)
    },
  }
}

/** What names a subject or says that it is something else is about an image, and none. */
function isImage(raw: RawManifest): boolean {
  if (isIndexMediaType(raw.descriptor.mediaType)) return true
  const manifest = parseManifest(raw)
  const { subject, artifactType, config, layers } = manifest
  const isConfig = [mediaTypes.ociConfig, mediaTypes.dockerConfig].some((type) => type === config.mediaType)
  // Signatures under tags have the form of images.
  const isEvidence = layers.length > 0 && holdsOnlyDocuments(manifest)
  return isConfig && !isEvidence && subject === undefined && artifactType === undefined
}

function toRefusal(cause: unknown, { registry, repository }: PushEvent): GateError {
  if (cause instanceof GateError) return cause
  const { message } = toGateError(cause)
  const retryable = isSallyportError(cause) && cause.retryable
  return new GateError('STEP_FAILED', `${registry}/${repository}: ${message}`, { cause, retryable })
}

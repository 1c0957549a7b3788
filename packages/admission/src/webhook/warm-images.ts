import { isDigest } from '@sallyport/core'
import * as z from 'zod'
import type { AdmissionVerdict } from '../decision.ts'
import { AdmissionError } from '../errors.ts'
import { parseReview } from '../review/parse-review.ts'

/** A push as the gate and `@sallyport/monitor` tell it; other fields are ignored. */
export interface PushedImage {
  /** Host with its port, as in references. */
  readonly registry: string
  /** Path within the registry. */
  readonly repository: string
  /** Tag that was pushed, where one was. */
  readonly tag?: string | undefined
  /** Digest that was pushed, where it is known. */
  readonly digest?: string | undefined
  /** What happened; only pushes and moved tags are warmed. Default `push`. */
  readonly action?: string | undefined
  /** Set for referrers, which no Pod runs. */
  readonly subject?: string | undefined
}

const part = z.string().min(1).max(512)
const schema = z.object({
  images: z.array(part).max(1_000).optional(),
  events: z
    .array(
      z.object({
        registry: part,
        repository: part,
        tag: part.nullish(),
        digest: part.nullish(),
        action: part.nullish(),
        subject: part.nullish(),
      }),
    )
    .max(1_000)
    .optional(),
})

/** The references of pushed images that a Pod may ask for next, each once, by digest where it is known. */
export function toWarmReferences(events: Iterable<PushedImage>): readonly string[] {
  const references = new Set<string>()
  for (const { registry, repository, tag, digest, action = 'push', subject } of events) {
    if ((action !== 'push' && action !== 'tag-moved') || subject) continue
    const at = digest !== undefined && isDigest(digest) ? `@${digest}` : ''
    if (tag || at) references.add(`${registry}/${repository}${tag ? `:${tag}` : ''}${at}`)
  }
  return [...references]
}

/**
 * Reads the body of a request to `/warm`: `{"images": […]}`, `{"events": […]}` or both.
 *
 * @throws {AdmissionError} `REVIEW_INVALID` with 400.
 */
export function readWarmRequest(body: Uint8Array): readonly string[] {
  const parsed = schema.safeParse(parseReview(body))
  if (!parsed.success || (!parsed.data.images && !parsed.data.events)) {
    const message = 'expected "images", a list of references, or "events", a list of pushes'
    throw new AdmissionError('REVIEW_INVALID', message, { status: 400 })
  }
  const events = (parsed.data.events ?? []).map((event) => ({
    ...event,
    tag: event.tag ?? undefined,
    digest: event.digest ?? undefined,
    action: event.action ?? undefined,
    subject: event.subject ?? undefined,
  }))
  return [...new Set([...(parsed.data.images ?? []), ...toWarmReferences(events)])]
}

/** Options of {@link createWarmQueue}. */
export interface WarmQueueOptions {
  readonly warm: (reference: string, signal: AbortSignal) => Promise<{ readonly verdict: AdmissionVerdict }>
  readonly onWarmed: (reference: string, verdict: AdmissionVerdict) => void
  /** Images at once. */
  readonly concurrency: number
  /** Images that wait; more are dropped, and judged when they are asked for. */
  readonly maxWaiting: number
}

/** Warms images beside what is asked for. */
export interface WarmQueue {
  /** Takes references that are not waiting yet, as long as there is room; resolves how many. */
  add(references: readonly string[]): number
  /** Ends what runs and forgets what waits. */
  close(): Promise<void>
}

/** Creates an empty queue. */
export function createWarmQueue({ warm, onWarmed, concurrency, maxWaiting }: WarmQueueOptions): WarmQueue {
  const waiting = new Set<string>()
  const running = new Set<Promise<void>>()
  const stop = new AbortController()

  async function run(reference: string): Promise<void> {
    try {
      const { verdict } = await warm(reference, stop.signal)
      onWarmed(reference, verdict)
    } catch {
      if (!stop.signal.aborted) onWarmed(reference, 'error')
    }
  }

  function startMore(): void {
    for (const reference of waiting) {
      if (running.size >= concurrency || stop.signal.aborted) return
      waiting.delete(reference)
      const work = run(reference).finally(() => {
        running.delete(work)
        startMore()
      })
      running.add(work)
    }
  }

  return {
    add(references) {
      let taken = 0
      for (const reference of references) {
        if (waiting.size >= maxWaiting || stop.signal.aborted) break
        waiting.add(reference)
        taken += 1
      }
      startMore()
      return taken
    },
    async close() {
      stop.abort()
      waiting.clear()
      await Promise.all(running)
    },
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Clock, systemClock } from '@sallyport/core'
import { MonitorError } from '../../errors.ts'
import type { RegistryEvent } from '../../event/registry-event.ts'
import type { EventFormat, ReadDelivery, RefusedEntry } from '../../ports/event-format.ts'
import {
  fromMessage,
  fromRequest,
  type Incoming,
  type Outgoing,
  toResponse,
  writeResponse,
} from './exchange.ts'
import { createHandOver } from './hand-over.ts'
import { readBody, tooLarge } from './read-body.ts'
import { createSeenIds } from './seen-ids.ts'

/** Something that came in and does not count. */
export interface RefusedDelivery {
  /** Name of the format. */
  readonly source: string
  /** That it came to, without the query. */
  readonly path: string
  /** Why the delivery was refused as a whole. */
  readonly error?: MonitorError | undefined
  /** Entries that were refused while others counted. */
  readonly entries: readonly RefusedEntry[]
  /** Address of the peer, as the socket knows it. */
  readonly remoteAddress?: string | undefined
}

/** Options of {@link createReceiver}. */
export interface ReceiverOptions {
  /** Formats by the path that they are mounted on, such as `/hooks/harbor`. */
  readonly formats: Readonly<Record<string, EventFormat>>
  /**
   * Takes the events of a delivery, such as `monitor.ingest`. A delivery is answered 2xx once it resolved, and 503 when
   * it rejects, so that whoever sent it sends it again. Default: a loop over `events()` takes them.
   */
  readonly onEvents?: ((events: readonly RegistryEvent[]) => Promise<void>) | undefined
  /** Sees what was refused. */
  readonly onRefused?: ((refused: RefusedDelivery) => void) | undefined
  /** Largest body, in bytes. Default 1 MiB. */
  readonly maxBodyBytes?: number | undefined
  /** Most entries of one delivery. Default 10,000. */
  readonly maxEntries?: number | undefined
  /** How long a body may take, in milliseconds. Default 10,000. */
  readonly bodyTimeoutMs?: number | undefined
  /** Deliveries at once; more are answered 503. Default 100. */
  readonly maxDeliveries?: number | undefined
  /** Events that are remembered, so that what is delivered again is not handed on again. Default 10,000. */
  readonly rememberedEvents?: number | undefined
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined
}

/** Takes deliveries in, on whichever HTTP server. */
export interface Receiver {
  /** Handler of web servers. Never rejects. */
  fetch(request: Request): Promise<Response>
  /** Handler of Node's `http` servers. */
  readonly node: (message: IncomingMessage, response: ServerResponse) => void
  /**
   * The events in the order in which they came, for who would rather loop than give `onEvents`. A delivery is answered
   * 2xx once the loop has asked for what comes after its last event, and 503 while there is no loop.
   *
   * @throws {MonitorError} `OPTIONS_INVALID` when there is `onEvents`, or another loop.
   */
  events(options?: { readonly signal?: AbortSignal | undefined }): AsyncIterable<RegistryEvent>
}

/**
 * Mounts formats on an HTTP server. It answers 202 with how many events were taken, ignored and refused, 401 to who is
 * not trusted, 400, 408, 413 and 415 to what can't be read, and 503 when events could not be handed on; never why in
 * detail. Entries that are refused do not make a delivery fail: registries would send it again for ever, and nothing
 * after it.
 *
 * @throws {MonitorError} `OPTIONS_INVALID` when there is no format, or a path does not begin with `/`.
 */
export function createReceiver(options: ReceiverOptions): Receiver {
  const { onEvents, onRefused, maxBodyBytes = 1024 * 1024, maxEntries, clock = systemClock } = options
  const { bodyTimeoutMs = 10_000, maxDeliveries = 100, rememberedEvents = 10_000 } = options
  const formats = new Map(Object.entries(options.formats))
  if (formats.size === 0 || [...formats.keys()].some((path) => !/^\/[^?#]*$/.test(path)))
    throw new MonitorError('OPTIONS_INVALID', 'a receiver needs formats by paths, such as "/hooks/harbor"')
  const handOver = createHandOver(maxDeliveries)
  const seen = createSeenIds(rememberedEvents)
  let open = 0

  const take = async (format: EventFormat, incoming: Incoming): Promise<ReadDelivery> => {
    const { headers, target: path, remoteAddress } = incoming
    if (Number(headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge(maxBodyBytes)
    const signal = AbortSignal.timeout(bodyTimeoutMs)
    const body = await readBody(incoming.body, { maxBytes: maxBodyBytes, signal })
    const delivery = { headers, body, path, remoteAddress }
    const read = await format.read(delivery, { receivedAt: clock.now(), maxEntries })
    const fresh = read.events.filter(({ id }) => !seen.has(id))
    if (fresh.length > 0) {
      await (onEvents ?? handOver.offer)(fresh)
      // Not before: what could not be handed on has to count when it comes again.
      for (const { id } of fresh) seen.add(id)
    }
    return read
  }

  const handle = async (incoming: Incoming): Promise<Outgoing> => {
    const [path = ''] = incoming.target.split('?', 1)
    const format = formats.get(path)
    if (!format) return answer(404, 'NOT_FOUND')
    const isHandshake = incoming.method === 'OPTIONS' && 'webhook-request-origin' in incoming.headers
    if (incoming.method !== 'POST' && !isHandshake)
      return { ...answer(405, 'METHOD_NOT_ALLOWED'), headers: { allow: 'POST' } }
    if (open >= maxDeliveries) return answer(503, 'SOURCE_UNAVAILABLE')
    const report = (what: Pick<RefusedDelivery, 'error' | 'entries'>) => {
      try {
        onRefused?.({ source: format.name, path, remoteAddress: incoming.remoteAddress, ...what })
      } catch {
        // Who listens must not turn an answer into another.
      }
    }
    open += 1
    try {
      const read = await take(format, incoming)
      if (read.refused.length > 0) report({ entries: read.refused })
      return toAnswer(read)
    } catch (cause) {
      const error = toMonitorError(cause)
      report({ error, entries: [] })
      return answer(error.status ?? 503, error.code)
    } finally {
      open -= 1
    }
  }

  return {
    fetch: async (request) => toResponse(await handle(fromRequest(request))),
    node(message, response) {
      void handle(fromMessage(message)).then((outgoing) => writeResponse(response, outgoing))
    },
    events(loop) {
      if (onEvents) throw new MonitorError('OPTIONS_INVALID', 'the events of this receiver go to onEvents')
      return handOver.events(loop)
    },
  }
}

function toAnswer({ events, ignored, refused, answer: own }: ReadDelivery): Outgoing {
  if (own)
    return {
      status: own.status,
      headers: { ...own.headers, 'content-type': own.contentType },
      body: own.body,
    }
  return json(202, { taken: events.length, ignored, refused: refused.length })
}

function answer(status: number, code: string): Outgoing {
  return json(status, { code })
}

function json(status: number, value: object): Outgoing {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}

/** What a format or `onEvents` threw. Whatever it is, the delivery has to come again. */
function toMonitorError(cause: unknown): MonitorError {
  if (cause instanceof MonitorError && cause.status !== undefined) return cause
  return new MonitorError('SOURCE_UNAVAILABLE', 'the events of a delivery could not be handed on', {
    cause,
    status: 503,
    retryable: true,
  })
}

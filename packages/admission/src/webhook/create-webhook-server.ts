import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2SecureServer, Http2ServerRequest, SecureServerOptions } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { systemClock } from '@sallyport/core'
import { AdmissionError } from '../errors.ts'
import { hasToken } from './bearer-token.ts'
import type { LoadedCertificate } from './certificate-files.ts'
import { isTrustedClient } from './client-certificate.ts'
import { handleReview } from './handle-review.ts'
import { createBodyRoom, readBody } from './read-body.ts'
import { checkJson, json, type Reply, text, writeReply } from './reply.ts'
import { trackConnections } from './track-connections.ts'
import { createWarmQueue, type PushedImage, readWarmRequest, toWarmReferences } from './warm-images.ts'
import { watchCertificate } from './watch-certificate.ts'
import { watchLateness } from './watch-lateness.ts'
import type { WebhookEvent } from './webhook-event.ts'
import { metricNames, webhookMetrics } from './webhook-metrics.ts'
import type { WebhookServerOptions } from './webhook-server-options.ts'

/** A webhook that listens. */
export interface WebhookServer extends AsyncDisposable {
  /** Port that it listens on. */
  readonly port: number
  /** Reads the certificate files now. */
  reloadCertificate(): Promise<void>
  /** Judges pushed images before they are asked for; how many were taken. */
  warm(events: Iterable<PushedImage>): number
  /** What `/metrics` answers. */
  metrics(): string
  /**
   * `/readyz` turns red at once; new reviews are taken for `drainMs` more, because clients learn late that they should
   * go elsewhere. Then nothing new is taken, what is in flight is answered, and the server is closed; what is not
   * answered `timeoutMs` after that is cut.
   */
  close(options?: CloseOptions): Promise<void>
}

/** Options of {@link WebhookServer.close}. */
export interface CloseOptions {
  /** In milliseconds. Default 0. */
  readonly drainMs?: number | undefined
  /** In milliseconds. Default 30,000, the longest that the API server waits. */
  readonly timeoutMs?: number | undefined
}

const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

/**
 * Starts an HTTPS server for the API server: `/validate` and `/mutate` for reviews, `/healthz`, `/readyz` and
 * `/metrics`, and `/warm` when there are tokens for it. HTTP/1.1 and HTTP/2.
 *
 * @throws {AdmissionError} `CERTIFICATE_INVALID` when there is no certificate to begin with.
 * @throws {AdmissionError} `OPTIONS_INVALID` when the options contradict each other.
 */
export async function createWebhookServer(options: WebhookServerOptions): Promise<WebhookServer> {
  const { admission, tls, clock = systemClock, warm, isReady = () => true } = options
  const { maxBodyBytes = 3 * 1024 * 1024, maxBufferedBytes = 128 * 1024 * 1024 } = options
  const { maxReviews = 2_000, maxConnections = 4_000, bodyTimeoutMs = 5_000 } = options
  const { headersTimeoutMs = 10_000, keepAliveMs = 120_000, certificateCheckMs = 10_000 } = options
  const { defaultTimeoutMs = 10_000, reserveMs = 500 } = options
  if (warm?.tokens.some((token) => token.length < 16) || warm?.tokens.length === 0)
    throw new AdmissionError('OPTIONS_INVALID', 'warm.tokens needs tokens of at least 16 characters')
  if (tls.clientNames && tls.clientAuthority === undefined)
    throw new AdmissionError(
      'OPTIONS_INVALID',
      'tls.clientNames needs tls.clientAuthority, which proves a name',
    )

  const emit = (event: WebhookEvent): void => {
    try {
      options.onEvent?.(event)
    } catch {
      // Who listens must not turn an answer into another.
    }
  }
  // Loaded here: with TLS it is a good part of what an import of this package would take.
  const { createSecureServer } = await import('node:http2')
  let server: Http2SecureServer | undefined
  const certificate = await watchCertificate(tls, clock, {
    onLoaded(loaded) {
      server?.setSecureContext(toContext(loaded))
      metrics.count(metricNames.certificateLoads, { result: 'used' })
      emit({ type: 'certificate-loaded', expiresAt: loaded.expiresAt, fingerprint: loaded.fingerprint })
    },
    onRefused({ message }) {
      metrics.count(metricNames.certificateLoads, { result: 'refused' })
      emit({ type: 'certificate-refused', message })
    },
  })
  server = createSecureServer({
    ...toContext(certificate.current),
    allowHTTP1: true,
    requestCert: tls.clientAuthority !== undefined,
    // Probes come without a certificate; reviews are refused where one is asked for.
    rejectUnauthorized: false,
    handshakeTimeout: headersTimeoutMs,
    headersTimeout: headersTimeoutMs,
    requestTimeout: headersTimeoutMs + bodyTimeoutMs,
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: Math.min(1_000, headersTimeoutMs),
    maxHeaderSize: 16 * 1024,
    settings: { maxConcurrentStreams: 250, maxHeaderListSize: 16 * 1024 },
  } as SecureServerOptions)
  server.maxConnections = maxConnections
  const connections = trackConnections(server)
  const room = createBodyRoom(maxBufferedBytes)
  const queue = createWarmQueue({
    warm: (reference, signal) => admission.warm(reference, {}, { signal }),
    onWarmed(reference, verdict) {
      metrics.count(metricNames.warmed, { verdict })
      emit({ type: 'image-warmed', reference, verdict })
    },
    concurrency: warm?.concurrency ?? 4,
    maxWaiting: warm?.maxWaiting ?? 1_000,
  })
  const lateness = watchLateness()
  let inFlight = 0
  let isDraining = false
  const metrics = webhookMetrics(
    {
      inFlight: () => inFlight,
      connections: () => connections.size,
      certificateExpiresAt: () => certificate.current.expiresAt,
      certificateProblem: () => certificate.problem !== undefined,
      stats: () => admission.stats(),
    },
    options.metrics,
  )

  async function review(message: IncomingMessage, url: URL, phase: 'validate' | 'mutate'): Promise<Reply> {
    if (tls.clientAuthority !== undefined && !isTrustedClient(message.socket as TLSSocket, tls.clientNames))
      throw new AdmissionError('CLIENT_REFUSED', 'reviews need a client certificate that is trusted', {
        status: 403,
      })
    checkJson(message)
    if (inFlight >= maxReviews)
      throw new AdmissionError('REVIEW_TOO_LARGE', 'too many reviews at once', {
        status: 503,
        retryable: true,
      })
    inFlight += 1
    const startedAt = performance.now()
    try {
      const { subject, answer, own } = await handleReview(message, {
        admission,
        phase,
        timeout: url.searchParams.get('timeout') ?? undefined,
        defaultTimeoutMs,
        reserveMs,
        latenessMs: lateness.ms,
        maxBodyBytes,
        bodyTimeoutMs,
        room,
      })
      const durationMs = performance.now() - startedAt
      const { allowed, status } = answer.response
      const code = allowed ? 200 : (status?.code ?? 403)
      const result = allowed ? 'allowed' : (own?.type ?? 'denied')
      metrics.count(metricNames.reviews, { path: url.pathname, result, code: String(code) })
      metrics.observe(metricNames.duration, { path: url.pathname }, durationMs / 1_000)
      const why = own?.type === 'failed' ? describe(own.cause) : status?.message
      const reason = allowed ? undefined : why
      emit({
        type: 'review-answered',
        path: url.pathname,
        ...subject,
        allowed,
        code,
        message: reason,
        durationMs,
      })
      return json(200, answer)
    } finally {
      inFlight -= 1
    }
  }

  async function takeEvents(message: IncomingMessage): Promise<Reply> {
    if (!hasToken(message.headers.authorization, warm!.tokens))
      throw new AdmissionError('CLIENT_REFUSED', 'a bearer token that is known is needed', { status: 401 })
    checkJson(message)
    const body = await readBody(message, { maxBytes: maxBodyBytes, room, timeoutMs: bodyTimeoutMs })
    const references = readWarmRequest(body)
    const taken = queue.add(references)
    return json(202, { taken, dropped: references.length - taken })
  }

  function readiness(): Reply {
    const expired = certificate.current.expiresAt <= clock.now()
    const problems = [
      ...(isDraining ? ['shutting down'] : []),
      ...(expired ? [`the certificate expired on ${certificate.current.expiresAt.toISOString()}`] : []),
      ...(isReady() ? [] : ['the policy is not ready']),
    ]
    const notes = certificate.problem ? [`keeping the old certificate: ${certificate.problem.message}`] : []
    return text(
      problems.length > 0 ? 503 : 200,
      [...(problems.length > 0 ? problems : ['ok']), ...notes].join('\n'),
    )
  }

  function route(message: IncomingMessage, url: URL): Reply | Promise<Reply> {
    const only = (method: 'GET' | 'POST', reply: () => Reply | Promise<Reply>): Reply | Promise<Reply> =>
      message.method === method || (method === 'GET' && message.method === 'HEAD')
        ? reply()
        : { ...text(405, `expected ${method}`), headers: { allow: method } }
    switch (url.pathname) {
      case '/validate':
        return only('POST', () => review(message, url, 'validate'))
      case '/mutate':
        return only('POST', () => review(message, url, 'mutate'))
      case '/healthz':
        return only('GET', () => text(200, 'ok'))
      case '/readyz':
        return only('GET', readiness)
      case '/metrics':
        return only('GET', () => ({ status: 200, type: openMetrics, body: metrics.format() }))
      case '/warm':
        if (warm) return only('POST', () => takeEvents(message))
    }
    return text(404, 'not found')
  }

  async function answer(message: IncomingMessage): Promise<Reply> {
    const url = URL.parse(message.url ?? '', 'https://webhook.invalid')
    if (!url) return text(400, 'bad request')
    const reply = await Promise.resolve()
      .then(() => route(message, url))
      .catch((cause: unknown) => {
        const error = cause instanceof AdmissionError ? cause : undefined
        const status = error?.status ?? 500
        const { remoteAddress } = message.socket
        emit({
          type: 'request-refused',
          path: short(url.pathname),
          status,
          message: describe(cause),
          remoteAddress,
        })
        return text(status, error?.message ?? 'the request could not be answered')
      })
    metrics.count(metricNames.requests, { path: knownPath(url.pathname), status: String(reply.status) })
    return reply
  }

  server.on('request', (request, response) => {
    // Both versions of HTTP have the same shape here, which their types do not say.
    const message = request as IncomingMessage & Http2ServerRequest
    const socket = message.socket as TLSSocket
    connections.begin(socket)
    response.once('close', () => connections.end(socket))
    message.on('error', () => undefined)
    void answer(message).then((reply) =>
      writeReply(message, response as unknown as ServerResponse, reply, isDraining),
    )
  })
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    emit({ type: 'connection-failed', code: error.code ?? 'TLS', remoteAddress: socket.remoteAddress })
    socket.destroy()
  })
  server.on('sessionError', () => undefined)
  server.setTimeout(keepAliveMs)
  server.listen(options.port ?? 8443, options.host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const watching = new AbortController()
  const watched = certificate.watch(certificateCheckMs, watching.signal)
  emit({ type: 'listening', port })

  let closing: Promise<void> | undefined
  async function shutDown({ drainMs = 0, timeoutMs = 30_000 }: CloseOptions): Promise<void> {
    isDraining = true
    emit({ type: 'draining', inFlight })
    if (drainMs > 0) await wait(drainMs)
    const closed = once(server!, 'close')
    server!.close()
    connections.drain()
    const limit = new AbortController()
    const isLate = await Promise.race([
      closed.then(() => false),
      wait(timeoutMs, true, { signal: limit.signal }).catch(() => false),
    ])
    limit.abort()
    const cut = isLate ? connections.cut() : 0
    await closed
    lateness[Symbol.dispose]()
    watching.abort()
    await Promise.all([queue.close(), watched])
    emit({ type: 'closed', cut })
  }

  return {
    port,
    reloadCertificate: () => certificate.reload(),
    warm: (events) => queue.add(toWarmReferences(events)),
    metrics: () => metrics.format(),
    close: (close = {}) => (closing ??= shutDown(close)),
    [Symbol.asyncDispose]: () => (closing ??= shutDown({})),
  }
}

function toContext({ cert, key, ca }: LoadedCertificate) {
  return { cert, key, ca, minVersion: 'TLSv1.2' as const }
}

const paths = new Set(['/validate', '/mutate', '/healthz', '/readyz', '/metrics', '/warm'])

function knownPath(path: string): string {
  return paths.has(path) ? path : 'other'
}

function short(text: string): string {
  return text.slice(0, 200)
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'unknown'
}

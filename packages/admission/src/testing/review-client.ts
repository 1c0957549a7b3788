import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, request, type RequestOptions } from 'node:https'
import { text } from 'node:stream/consumers'
import type { AdmissionReviewResponse } from '../review/review-response.ts'

/** What came back. */
export interface ClientAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly ms: number
  /** Fingerprint of the certificate that was shown. */
  readonly certificate: string
}

/** A client that asks as the API server does: connections that are kept, JSON, and the timeout as a parameter. */
export interface ReviewClient extends Disposable {
  send(path: string, body?: string | Buffer, options?: RequestOptions): Promise<ClientAnswer>
  /** Sends a review, and checks that its answer is one to it. */
  review(
    path: '/validate' | '/mutate',
    review: { readonly request: { readonly uid: string } },
    timeoutSeconds?: number,
  ): Promise<AdmissionReviewResponse['response'] & { readonly ms: number }>
}

/** How the client is known, and whom it trusts. */
export interface ReviewClientOptions {
  readonly port: number
  readonly ca: string
  readonly cert?: string
  readonly key?: string
  readonly maxSockets?: number
}

export function createReviewClient({
  port,
  ca,
  maxSockets = 100,
  ...own
}: ReviewClientOptions): ReviewClient {
  const agent = new Agent({
    keepAlive: true,
    maxSockets,
    ca,
    servername: 'sallyport-admission.sallyport.svc',
    ...own,
  })
  const send: ReviewClient['send'] = async (path, body, options = {}) => {
    const startedAt = performance.now()
    const headers =
      body === undefined ? {} : { 'content-type': 'application/json', accept: 'application/json' }
    const outgoing = request({
      host: '127.0.0.1',
      port,
      path,
      agent,
      method: body === undefined ? 'GET' : 'POST',
      ...options,
      headers: { ...headers, ...(options.headers as Record<string, string> | undefined) },
    })
    outgoing.end(body)
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
    const socket = incoming.socket as unknown as { getPeerCertificate(): { fingerprint256: string } }
    const certificate = socket.getPeerCertificate().fingerprint256
    const content = await text(incoming)
    const ms = performance.now() - startedAt
    return { status: incoming.statusCode!, headers: incoming.headers, body: content, ms, certificate }
  }
  return {
    send,
    async review(path, review, timeoutSeconds = 10) {
      const { status, headers, body, ms } = await send(
        `${path}?timeout=${timeoutSeconds}s`,
        JSON.stringify(review),
      )
      if (status !== 200 || headers['content-type'] !== 'application/json')
        throw new Error(`${status}: ${body}`)
      const { apiVersion, kind, response } = JSON.parse(body) as AdmissionReviewResponse
      if (apiVersion !== 'admission.k8s.io/v1' || kind !== 'AdmissionReview') throw new Error(body)
      if (response.uid !== review.request.uid) throw new Error(`the answer to another review: ${body}`)
      return { ...response, ms }
    },
    [Symbol.dispose]: () => agent.destroy(),
  }
}

import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, request, type RequestOptions } from 'node:https'
import { text } from 'node:stream/consumers'

/** What came back. */
export interface ClientAnswer {
  /** HTTP status. */
  readonly status: number
  /** Header fields. */
  readonly headers: IncomingMessage['headers']
  /** The text. */
  readonly body: string
  /** Milliseconds from the request to the end of the answer. */
  readonly ms: number
  /** Fingerprint of the certificate that was shown. */
  readonly certificate: string
}

/** The response of an AdmissionReview. */
export interface ReviewResponse {
  /** That of the request. */
  readonly uid: string
  /** Whether the object is let in. */
  readonly allowed: boolean
  /** Why not. */
  readonly status?: { readonly code: number; readonly reason: string; readonly message: string } | undefined
  /** `JSONPatch`. */
  readonly patchType?: string | undefined
  /** JSON Patch in base64. */
  readonly patch?: string | undefined
  /** For who asked. */
  readonly warnings?: readonly string[] | undefined
  /** For the audit log. */
  readonly auditAnnotations?: Readonly<Record<string, string>> | undefined
}

/** A client that asks as the API server does: connections that are kept, JSON, and the timeout as a parameter. */
export interface ReviewClient extends Disposable {
  /** Sends a request; POST with a body, GET without. */
  send(path: string, body?: string | Buffer, options?: RequestOptions): Promise<ClientAnswer>
  /** Sends a review, and rejects unless its answer is one to it. `timeoutSeconds` defaults to 10. */
  review(
    path: '/validate' | '/mutate',
    review: { readonly request: { readonly uid: string } },
    timeoutSeconds?: number,
  ): Promise<ReviewResponse & { readonly ms: number }>
}

/** How the client is known, and whom it trusts. */
export interface ReviewClientOptions {
  /** Port on the loopback interface. */
  readonly port: number
  /** PEM of the authority whose certificates are trusted. */
  readonly ca: string
  /** PEM of a client certificate. Default: none. */
  readonly cert?: string | undefined
  /** Its key. */
  readonly key?: string | undefined
  /** Connections at once. Default 100. */
  readonly maxSockets?: number | undefined
  /** Name that the certificate has to have. Default `sallyport-admission.sallyport.svc`. */
  readonly servername?: string | undefined
}

/** Creates a client; disposing it ends its connections. */
export function createReviewClient({
  port,
  ca,
  cert,
  key,
  maxSockets = 100,
  servername = 'sallyport-admission.sallyport.svc',
}: ReviewClientOptions): ReviewClient {
  const agent = new Agent({ keepAlive: true, maxSockets, ca, cert, key, servername })
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
      const { apiVersion, kind, response } = JSON.parse(body) as {
        readonly apiVersion: string
        readonly kind: string
        readonly response: ReviewResponse
      }
      if (apiVersion !== 'admission.k8s.io/v1' || kind !== 'AdmissionReview') throw new Error(body)
      if (response.uid !== review.request.uid) throw new Error(`the answer to another review: ${body}`)
      return { ...response, ms }
    },
    [Symbol.dispose]: () => agent.destroy(),
  }
}

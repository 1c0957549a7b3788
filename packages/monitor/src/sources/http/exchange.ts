import type { IncomingMessage, ServerResponse } from 'node:http'

/** A request, from whichever server. */
export interface Incoming {
  readonly method: string
  /** Path with its query. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: AsyncIterable<Uint8Array>
  readonly remoteAddress?: string | undefined
}

/** What it is answered. */
export interface Outgoing {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A web `Request` as {@link Incoming}. */
export function fromRequest(request: Request): Incoming {
  const { pathname, search } = new URL(request.url)
  return {
    method: request.method,
    target: pathname + search,
    headers: Object.fromEntries(request.headers),
    body: request.body ?? none(),
  }
}

/** {@link Outgoing} as a web `Response`. */
export function toResponse({ status, headers, body }: Outgoing): Response {
  return new Response(body === '' ? null : body, { status, headers })
}

/** A request of Node's server as {@link Incoming}. */
export function fromMessage(message: IncomingMessage): Incoming {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(message.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  return {
    method: message.method ?? '',
    target: message.url ?? '/',
    headers,
    // The answer is still to be written when a body is left alone.
    body: message.iterator({ destroyOnReturn: false }),
    remoteAddress: message.socket.remoteAddress,
  }
}

/** Answers with Node's server, which reads on and throws away what is left of the body. */
export function writeResponse(response: ServerResponse, { status, headers, body }: Outgoing): void {
  response.writeHead(status, headers).end(body)
}

async function* none(): AsyncGenerator<Uint8Array> {}

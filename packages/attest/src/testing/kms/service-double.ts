import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** A request as a service saw it. */
export interface SeenCall {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** What a service answers with. */
export interface DoubleAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** JSON, unless it is text already. */
  readonly body?: unknown
}

/** A service on loopback. */
export interface ServiceDouble extends AsyncDisposable {
  readonly origin: string
  readonly seen: SeenCall[]
  /**
   * What happens to the next requests instead of what the service would do, the first one first: an answer, a cut
   * connection, silence, or `undefined` for nothing special.
   */
  readonly instead: (DoubleAnswer | 'cut' | 'silence' | undefined)[]
}

/** Starts a service, over TLS when it has a certificate. */
export async function startServiceDouble(
  answer: (call: SeenCall) => DoubleAnswer | Promise<DoubleAnswer>,
  tls?: { readonly cert: string; readonly key: string },
): Promise<ServiceDouble> {
  const seen: SeenCall[] = []
  const instead: ServiceDouble['instead'] = []
  const listener: RequestListener = (request, response) => {
    void (async () => {
      const chunks: Buffer[] = []
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
      const { method = '', url = '', headers } = request
      const call = { method, url: new URL(url, 'http://double'), headers, body: Buffer.concat(chunks) }
      seen.push(call)
      const special = instead.shift()
      if (special === 'cut') return void response.destroy()
      if (special === 'silence') return
      const { status, headers: fields = {}, body = '' } = special ?? (await answer(call))
      response.writeHead(status, { 'content-type': 'application/json', ...fields })
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    })().catch(() => response.destroy())
  }
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http${tls === undefined ? '' : 's'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    instead,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The body of a request as an object. */
export function readJson(body: Buffer): Record<string, unknown> {
  return JSON.parse(body.toString('utf8')) as Record<string, unknown>
}

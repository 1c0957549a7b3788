import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as a service sees it, whole. */
export interface ServiceRequest {
  /** Upper case. */
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** What stands after the path. */
  readonly query: URLSearchParams
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** All of it. */
  readonly body: Buffer
}

/** An answer; an object is sent as JSON. */
export interface ServiceResponse {
  /** Of HTTP. */
  readonly status: number
  /** Default: the type of JSON for an object, else none. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Default: empty. */
  readonly body?: string | Uint8Array | object | undefined
}

/** Answers a request; `undefined` when there is no such thing. */
export type ServiceHandler = (
  request: ServiceRequest,
) => ServiceResponse | undefined | Promise<ServiceResponse | undefined>

/** A service on the loopback interface. */
export interface HttpService {
  readonly url: string
  close(): Promise<void>
}

const maxBodyBytes = 32 * 1024 * 1024

/** Starts a service on a free port of the loopback interface. */
export async function startHttpService(handle: ServiceHandler): Promise<HttpService> {
  const server = createServer((incoming, outgoing) => {
    void answer(handle, incoming, outgoing)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      if (!server.listening) return
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function answer(
  handle: ServiceHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  try {
    const body = await readBody(incoming)
    const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://127.0.0.1')
    const request: ServiceRequest = {
      method: incoming.method ?? 'GET',
      path: pathname,
      query: searchParams,
      headers: incoming.headers as ServiceRequest['headers'],
      body,
    }
    const { status, headers, body: content = '' } = (await handle(request)) ?? { status: 404 }
    const json = typeof content === 'object' && !(content instanceof Uint8Array)
    outgoing.writeHead(status, { ...(json && { 'content-type': 'application/json' }), ...headers })
    outgoing.end(json ? JSON.stringify(content) : content)
  } catch {
    if (!outgoing.headersSent) outgoing.writeHead(500)
    outgoing.end()
  }
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBodyBytes) throw new Error(`a request of more than ${maxBodyBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

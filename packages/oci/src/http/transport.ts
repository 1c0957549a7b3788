import type { LookupFunction } from 'node:net'
import type { Dispatcher, request as send } from 'undici'
import { OciError } from '../errors.ts'
import { pooledReadBytes } from './buffer-pool.ts'
import type { AddressScope } from './address-scope.ts'
import type { Environment } from './choose-proxy.ts'
import { createDispatchers } from './dispatchers.ts'
import type { RegistryTlsSettings } from './registry-tls.ts'

/** Time and size limits of one exchange. */
export interface TransportOptions {
  /** Time to set up a connection, in milliseconds. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined
  /** Time from the end of the request to the header of the answer, in milliseconds. Default 60,000. */
  readonly headersTimeoutMs?: number | undefined
  /**
   * Longest pause within a body, and longest time that the content of a blob may come at less than 1 KiB a second, in
   * milliseconds. Default 60,000.
   */
  readonly bodyTimeoutMs?: number | undefined
  /** Most connections, and so requests in flight, to one host. At least 4. Default 16. */
  readonly connections?: number | undefined
  /** PEM certificates of a registry's own authority, besides those of the system. */
  readonly ca?: string | readonly string[] | undefined
  /** Client certificates and authorities by registry. */
  readonly tls?: RegistryTlsSettings | undefined
  /**
   * Environment variables that name proxies: `https_proxy`, `http_proxy` and `no_proxy`, in lower or upper case. Default:
   * those of the process; `false` for no proxy. A proxy resolves names itself, so behind one only literal addresses are
   * kept from being nearer than the registry.
   */
  readonly proxyEnvironment?: Environment | false | undefined
  /** Resolves host names. Default: `lookup` of `node:dns`. */
  readonly lookup?: LookupFunction | undefined
}

/** One request, as it goes over the wire. */
export interface WireRequest {
  /** The HTTP method. */
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Where it goes. */
  readonly url: URL
  /** Header fields. */
  readonly headers: Readonly<Record<string, string>>
  /** Content, sent as it is. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array> | undefined
  /** Ends the exchange, the body of the answer included. */
  readonly signal?: AbortSignal | undefined
  /** The server that sent us here, when it is not the one that we were asked to talk to. */
  readonly ledBy?: URL | undefined
  /** Is called once, when the body of the answer has ended or been given up; not when there is no answer. */
  readonly onClosed?: (() => void) | undefined
}

/** An answer whose body is still to be read or given up. */
export interface WireAnswer {
  /** HTTP status. */
  readonly status: number
  /** The URL that answered. */
  readonly url: URL
  /** The field's value; of a repeated field the first. */
  header(name: string): string | undefined
  /** All values of a field. */
  headers(name: string): readonly string[]
  /** The body as it came: nothing is decoded. Leaving the loop closes the connection. */
  readonly body: AsyncIterable<Uint8Array>
  /** The body in memory; rejects with `LIMIT_EXCEEDED` above `maxBytes`. */
  bytes(maxBytes: number): Promise<Uint8Array>
  /** Gives the body up, reading a short rest so that the connection can serve again. */
  discard(): Promise<void>
}

/** Sends requests over connections that it owns. */
export interface Transport {
  /** Sends one request; resolves when the header of the answer is there. */
  send(request: WireRequest): Promise<WireAnswer>
  /** Where the server was found, or what its name says when we have not connected to it ourselves. */
  scopeOf(url: URL): AddressScope
  /** Ends all connections. */
  close(): Promise<void>
}

/** A transport over undici. Nothing is retried, redirected or decoded here. */
export function createTransport({
  connectTimeoutMs = 10_000,
  headersTimeoutMs = 60_000,
  bodyTimeoutMs = 60_000,
  connections = 16,
  ca,
  tls,
  proxyEnvironment = process.env,
  lookup,
}: TransportOptions = {}): Transport {
  const dispatchers = createDispatchers({
    connectTimeoutMs,
    headersTimeoutMs,
    bodyTimeoutMs,
    connections,
    ca,
    tls,
    proxyEnvironment,
    lookup,
  })
  return {
    send: async (asked) => sendThrough(await dispatchers.for(asked.url, asked.ledBy), asked),
    scopeOf: dispatchers.scopeOf,
    close: dispatchers.close,
  }
}

/** Sends one request over connections that are at hand; resolves when the header of the answer is there. */
export async function sendThrough(
  dispatcher: Dispatcher,
  { method, url, headers, body, signal, onClosed }: WireRequest,
): Promise<WireAnswer> {
  const { request } = await import('undici')
  const answer = await request(url, {
    dispatcher,
    method,
    headers: { 'accept-encoding': 'identity', 'user-agent': 'sallyport', ...headers },
    body: (body ?? null) as Uint8Array | null,
    ...(signal === undefined ? {} : { signal }),
    highWaterMark: pooledReadBytes,
  })
  if (onClosed !== undefined) answer.body.once('close', onClosed)
  return toWireAnswer(answer, url)
}

type UndiciAnswer = Awaited<ReturnType<typeof send>>

function toWireAnswer({ statusCode, headers, body }: UndiciAnswer, url: URL): WireAnswer {
  const all = (name: string): readonly string[] => {
    const value = headers[name]
    return value === undefined ? [] : typeof value === 'string' ? [value] : value
  }
  return {
    status: statusCode,
    url,
    header: (name) => all(name)[0],
    headers: all,
    body,
    async bytes(maxBytes) {
      const chunks: Uint8Array[] = []
      let received = 0
      // Without this check a server could make us download 8 MiB that it announced as terabytes.
      const announced = Number(all('content-length')[0] ?? 0)
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        received += chunk.byteLength
        if (received > maxBytes || announced > maxBytes) {
          throw new OciError(
            'LIMIT_EXCEEDED',
            `${url.origin}${url.pathname}: the answer is longer than ${maxBytes} bytes`,
          )
        }
        chunks.push(chunk)
      }
      return Buffer.concat(chunks)
    },
    async discard() {
      await body.dump({ limit: 64 * 1024 }).catch(() => undefined)
    },
  }
}

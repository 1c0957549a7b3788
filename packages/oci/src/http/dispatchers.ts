import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import type * as Undici from 'undici'
import { OciError } from '../errors.ts'
import { type AddressScope, addressScope } from './address-scope.ts'
import { chooseProxy, type Environment } from './choose-proxy.ts'
import { letRequestsGo } from './let-requests-go.ts'
import { createGuardedConnector, createSeenScopes, type Leader } from './guarded-connector.ts'
import { createTlsContexts, type RegistryTlsSettings } from './registry-tls.ts'

/** Options of {@link createDispatchers}. */
export interface DispatcherOptions {
  readonly connectTimeoutMs: number
  readonly headersTimeoutMs: number
  readonly bodyTimeoutMs: number
  readonly connections: number
  readonly ca: string | readonly string[] | undefined
  readonly tls: RegistryTlsSettings | undefined
  readonly proxyEnvironment: Environment | false
  readonly lookup: LookupFunction | undefined
}

/** The connections of a transport, kept apart by who led us to the server. */
export interface Dispatchers {
  /**
   * @throws {OciError} `REGISTRY_UNREACHABLE` when the environment names no usable proxy, or after `close`.
   * @throws {OciError} `CREDENTIALS_UNREADABLE` when certificates can't be used.
   */
  for(url: URL, ledBy: URL | undefined): Promise<Dispatcher>
  /** Where a server was found, or what its name says when we have not connected to it ourselves. */
  scopeOf(url: URL): AddressScope
  close(): Promise<void>
}

/** Google's registry answers with more than the 16 KiB of header fields that Node takes by default. */
const maxHeaderBytes = 64 * 1024

type UndiciModule = typeof Undici
type Dispatcher = Undici.Dispatcher

/** Creates dispatchers as they are needed; undici is loaded with the first, as layouts and archives need none. */
export function createDispatchers({
  connectTimeoutMs,
  headersTimeoutMs,
  bodyTimeoutMs,
  connections,
  ca,
  tls,
  proxyEnvironment,
  lookup = systemLookup,
}: DispatcherOptions): Dispatchers {
  const pool = {
    connections,
    allowH2: false,
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: headersTimeoutMs,
    bodyTimeout: bodyTimeoutMs,
  }
  const contexts = createTlsContexts(ca, tls)
  const seen = createSeenScopes()
  const dispatchers = new Map<string, Dispatcher>()
  let closed = false
  const scopeOf = (url: URL): AddressScope => seen.of(url.host) ?? addressScope(url.hostname)

  function keep(key: string, create: () => Dispatcher): Dispatcher {
    const kept = dispatchers.get(key) ?? create().compose(letRequestsGo)
    dispatchers.set(key, kept)
    return kept
  }

  function direct({ Agent, buildConnector }: UndiciModule, leader: Leader | undefined): Dispatcher {
    return keep(`direct ${leader?.scope} ${leader?.sameHost}`, () => {
      const connect = createGuardedConnector({
        lookup,
        timeoutMs: connectTimeoutMs,
        tls: contexts,
        seen,
        leader,
        buildConnector,
      })
      return new Agent({ ...pool, connect })
    })
  }

  function through({ Pool, ProxyAgent }: UndiciModule, proxy: URL, url: URL, led: boolean): Dispatcher {
    const requestContext = contexts.of(url.host, { led })
    const proxyContext = contexts.of(proxy.host, { led: false })
    // Most hosts have no settings of their own and share one.
    const own = requestContext === contexts.of(undefined, { led }) ? '' : `${url.host} ${led}`
    return keep(`proxy ${proxy.href} ${own}`, () => {
      const timeout = { timeout: connectTimeoutMs }
      return new ProxyAgent({
        ...pool,
        uri: proxy.href,
        factory: (origin, options) => new Pool(origin, { ...options, ...pool }),
        clientFactory: (origin, options) =>
          new Pool(origin, { ...options, headersTimeout: headersTimeoutMs }),
        requestTls: {
          ...timeout,
          ...(requestContext === undefined ? {} : { secureContext: requestContext }),
        },
        proxyTls: {
          ...timeout,
          lookup,
          ...(proxyContext === undefined ? {} : { secureContext: proxyContext }),
        },
      })
    })
  }

  return {
    async for(url, ledBy) {
      const undici = await import('undici')
      if (closed) throw new OciError('REGISTRY_UNREACHABLE', 'the registry client is closed')
      const proxy = proxyEnvironment === false ? undefined : chooseProxy(url, proxyEnvironment)
      if (proxy !== undefined) return through(undici, proxy, url, ledBy !== undefined)
      if (ledBy === undefined) return direct(undici, undefined)
      return direct(undici, { scope: scopeOf(ledBy), sameHost: ledBy.hostname === url.hostname })
    },
    scopeOf,
    async close() {
      closed = true
      await Promise.all([...dispatchers.values()].map((each) => each.destroy()))
    },
  }
}

import { type LookupFunction, isIP, type NetConnectOpts, type Socket } from 'node:net'
import type { buildConnector } from 'undici'
import { OciError } from '../errors.ts'
import { createBufferPool, pooledReadBytes } from './buffer-pool.ts'
import { type AddressScope, addressScope, furtherScope, mayReach } from './address-scope.ts'
import type { TlsContexts } from './registry-tls.ts'

const forbiddenAddresses = new WeakSet<object>()

/** Whether an error says that a server leads us to an address where it must not lead us. */
export function isForbiddenAddress(error: unknown): boolean {
  return typeof error === 'object' && error !== null && forbiddenAddresses.has(error)
}

/** How a server was led to. */
export interface Leader {
  /** Where the server that leads is. */
  readonly scope: AddressScope
  /** Whether it leads to another port of its own host. */
  readonly sameHost: boolean
}

/** Where hosts were found when we connected to them. */
export interface SeenScopes {
  add(host: string, scope: AddressScope): void
  of(host: string): AddressScope | undefined
}

const maxHosts = 1000

/** Creates an empty record. A host that was found at several addresses counts as being at the furthest. */
export function createSeenScopes(): SeenScopes {
  const scopes = new Map<string, AddressScope>()
  return {
    add(host, scope) {
      const known = scopes.get(host)
      if (known === undefined && scopes.size >= maxHosts) scopes.delete([...scopes.keys()][0] ?? '')
      scopes.set(host, known === undefined ? scope : furtherScope(known, scope))
    },
    of: (host) => scopes.get(host),
  }
}

/** What {@link createGuardedConnector} needs. */
export interface GuardedConnectorParts {
  readonly lookup: LookupFunction
  readonly timeoutMs: number
  readonly tls: TlsContexts
  readonly seen: SeenScopes
  /** The server that led us here; without one, every address may be connected to. */
  readonly leader: Leader | undefined
  /** undici's. */
  readonly buildConnector: typeof buildConnector
}

/**
 * Connects to hosts, and only to such addresses as the leader may lead us to. The addresses that are checked are those
 * that are connected to, so a name that resolves to something else the next time gains nothing.
 */
export function createGuardedConnector({
  lookup,
  timeoutMs,
  tls,
  seen,
  leader,
  buildConnector,
}: GuardedConnectorParts): buildConnector.connector {
  const isAllowed = (address: string): boolean => {
    if (leader === undefined) return true
    const scope = addressScope(address)
    return mayReach(leader.scope, scope) || (leader.sameHost && scope === leader.scope)
  }
  const guarded: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, [])
      const all = typeof found === 'string' ? [{ address: found, family: isIP(found) }] : found
      const allowed = all.filter(({ address }) => isAllowed(address))
      const [first] = allowed
      if (first === undefined) return callback(forbidden(hostname), [])
      if (options.all) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }
  const connectors = new Map<string, buildConnector.connector>()
  const connectorOf = (host: string): buildConnector.connector => {
    let connector = connectors.get(host)
    if (connector === undefined) {
      const secureContext = tls.of(host, { led: leader !== undefined })
      connector = buildConnector({
        allowH2: false,
        timeout: timeoutMs,
        lookup: guarded,
        ...(secureContext === undefined ? {} : { secureContext }),
      })
      if (connectors.size >= maxHosts) connectors.clear()
      connectors.set(host, connector)
    }
    return connector
  }

  const pool = createBufferPool()
  /** What TLS decrypts comes in pieces of its own size; without it, a connection reads into buffers of the pool. */
  const connectPlain: buildConnector.connector = (options, callback) => {
    const onread = pool.readInto(() => socket)
    const socket = connect(
      buildConnector,
      { timeout: timeoutMs, lookup: guarded, onread, highWaterMark: pooledReadBytes },
      options,
      callback,
    )
  }

  return (options, callback) => {
    const { hostname, host = hostname } = options
    try {
      if (isIP(hostname) !== 0 && !isAllowed(hostname)) throw forbidden(hostname)
      const connector = options.protocol === 'https:' ? connectorOf(host) : connectPlain
      connector(options, (...[error, socket]) => {
        if (error !== null) return callback(error, null)
        seen.add(host, addressScope(socket.remoteAddress ?? hostname))
        pool.watchWrites(socket)
        callback(null, socket)
      })
    } catch (error) {
      callback(error as Error, null)
    }
  }
}

/** Connects by a connector of its own, with options that undici hands on to `net.connect` without knowing them. */
function connect(
  build: GuardedConnectorParts['buildConnector'],
  settings: buildConnector.BuildOptions & Pick<NetConnectOpts, 'onread'> & { readonly highWaterMark: number },
  options: buildConnector.Options,
  callback: buildConnector.Callback,
): Socket {
  return build({ ...settings, allowH2: false })(options, callback) as unknown as Socket
}

function forbidden(hostname: string): OciError {
  const error = new OciError(
    'REGISTRY_ERROR',
    `the registry leads to ${hostname}, which is nearer to this machine than itself (a loopback, private or link-local address)`,
    { reference: hostname },
  )
  forbiddenAddresses.add(error)
  return error
}

import { type Clock, type Reference, systemClock } from '@sallyport/core'
import { createAuthorizer } from '../auth/authorizer.ts'
import { OciError } from '../errors.ts'
import { addressScope } from '../http/address-scope.ts'
import { createClosing } from '../http/closing.ts'
import { createHostLimiter, type HostLimiter } from '../http/host-limiter.ts'
import { createMeteredTransport, type RequestEvent } from '../http/metered-transport.ts'
import { createRegistryHttp } from '../http/registry-http.ts'
import { createRepeater } from '../http/repeat-request.ts'
import { createRequestCounts, type RequestCount } from '../http/request-counts.ts'
import { backoffMs, defaultSleep, type RetryOptions, type Sleep } from '../http/retry-delay.ts'
import { createWarningReporter, type RegistryWarning } from '../http/warnings.ts'
import { createTransport, type TransportOptions } from '../http/transport.ts'
import { createKeyedMutex } from '../internal/keyed-mutex.ts'
import type { CredentialProvider } from '../ports/credential-provider.ts'
import { checkRepositoryName } from '../reference/parse-reference.ts'
import type { RepositoryCapabilities } from './capabilities.schema.ts'
import { createFallbackLists } from './fallback-lists.ts'
import { createKnownCapabilities } from './known-capabilities.ts'
import { listRepositories, type ListRepositoriesOptions } from './list-repositories.ts'
import { createRegistryRepository, type RegistryRepository } from './registry-repository.ts'
import { createTagLists } from './tag-lists.ts'
import { createUploadHabits, type UploadRules } from './upload-rules.ts'

/** Options of {@link createRegistryClient}. */
export interface RegistryClientOptions extends TransportOptions {
  /** Where credentials come from, e.g. `dockerConfigCredentials()`. Without it, nothing is sent: anonymous. */
  readonly credentials?: CredentialProvider | undefined
  /**
   * Registries that are spoken to without TLS. Default: only those on this machine (127.0.0.0/8, `::1`, `localhost`).
   * `true` is for all of them, `false` for none.
   */
  readonly plainHttp?: boolean | ((registry: string) => boolean) | undefined
  /** How often and how patiently requests are repeated. Default: 5 tries, from 200 ms up to a minute between them. */
  readonly retry?: RetryOptions | undefined
  /**
   * Time for one try of a small request (manifest, list, token), its body included but not the wait for its host, in
   * milliseconds. Default 60,000.
   */
  readonly smallTimeoutMs?: number | undefined
  /**
   * Bounds the requests to each host. Pass one to several clients to bound them together. Default: an own one with
   * `connections` and `requestsPerSecond`.
   */
  readonly limiter?: HostLimiter | undefined
  /** Most requests a second to one host, evenly spread. Default: no limit. */
  readonly requestsPerSecond?: number | undefined
  /** Is told of each request after the header of its answer, or after its failure. What it throws is dropped. */
  readonly onRequest?: ((event: RequestEvent) => void) | undefined
  /** Is told what registries warn of (`Warning: 299`), each text of a host once. What it throws is dropped. */
  readonly onWarning?: ((warning: RegistryWarning) => void) | undefined
  /**
   * How long a list of referrers under a fallback tag must have stood before an attachment is done, in milliseconds,
   * where the registry ignores `If-Match`; up to half as long again at random. Must be longer than another writer needs
   * between reading and writing that list; grows by itself where requests are slow or entries get lost. Default 400.
   */
  readonly settleMs?: number | undefined
  /** How blobs are sent, where a write does not say otherwise. Default: whole, chunked where that fails. */
  readonly uploads?: UploadRules | undefined
  /** What was measured of repositories earlier; see {@link RegistryRepository.probeCapabilities}. Expired ones are ignored. */
  readonly capabilities?: readonly RepositoryCapabilities[] | undefined
  /** Tells the time. Default: the system's. */
  readonly clock?: Clock | undefined
  /** Waits. Default: timers of Node.js. */
  readonly sleep?: Sleep | undefined
  /** A number from 0 to 1 for spreading repetitions. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

/** Talks to registries; owns its connections. */
export interface RegistryClient extends AsyncDisposable {
  /**
   * One repository; nothing is sent yet. A tag or digest in the reference is not used.
   *
   * @throws {OciError} `REFERENCE_INVALID` when the names can't stand in a reference.
   */
  repository(name: Pick<Reference, 'registry' | 'repository'>): RegistryRepository
  /**
   * The repositories of a registry from its catalog, as far as it lists them: many show only some, or none.
   *
   * @throws {OciError} `REFERENCE_INVALID` at once for a name that is no registry; while reading, `UNSUPPORTED` where
   *   there is no catalog, `UNAUTHORIZED`, `DENIED`, and `LIMIT_EXCEEDED` when the list does not end.
   */
  listRepositories(registry: string, options?: ListRepositoriesOptions): AsyncIterable<string>
  /** All requests so far, by host and method: repetitions, redirects and sign-ins included. */
  requests(): readonly RequestCount[]
  /** Closes all connections. Running calls, and calls from then on, end with `REGISTRY_UNREACHABLE`. */
  close(): Promise<void>
}

/** Creates a client for any number of registries. Close it, or hold it with `await using`. */
export function createRegistryClient(options: RegistryClientOptions = {}): RegistryClient {
  const {
    credentials,
    plainHttp,
    retry = {},
    smallTimeoutMs = 60_000,
    settleMs = 400,
    capabilities = [],
  } = options
  const { attempts = 5, baseDelayMs = 200, maxDelayMs = 60_000 } = retry
  const { clock = systemClock, sleep: wait = defaultSleep, random = Math.random } = options
  const { connections, requestsPerSecond } = options
  const limiter =
    options.limiter ?? createHostLimiter({ requests: connections, requestsPerSecond, clock, sleep: wait })
  const closing = createClosing()
  const sleep: Sleep = (milliseconds, signal) => closing.run(signal, (stop) => wait(milliseconds, stop))
  const acquire: HostLimiter['acquire'] = (host, lane, signal) =>
    closing.run(signal, (stop) => limiter.acquire(host, lane, stop))
  const provider: CredentialProvider | undefined = credentials && {
    find: (query, { signal } = {}) =>
      closing.run(signal, (stop) => credentials.find(query, { signal: stop })),
  }
  // A request that got a place must not wait again for a connection: others may be waiting for it.
  const wire = createTransport({ ...options, connections: limiter.requests })
  const counts = createRequestCounts()
  const { onRequest, onWarning, bodyTimeoutMs = 60_000 } = options
  const transport = createMeteredTransport({
    transport: wire,
    limiter: { acquire },
    counts,
    warnings: createWarningReporter(onWarning),
    onRequest,
    smallTimeoutMs,
    bodyTimeoutMs,
  })
  const repeater = createRepeater({ limiter, clock, sleep, random, attempts, baseDelayMs, maxDelayMs })
  const authorizer = createAuthorizer({ transport, repeater, clock, provider })
  const http = createRegistryHttp({ transport, authorizer, repeater })
  const locks = createKeyedMutex()
  const uploadsOf = createUploadHabits(options.uploads)
  const fallbackLists = createFallbackLists()
  const tagLists = createTagLists()
  const known = createKnownCapabilities(clock, capabilities)
  const close = (): Promise<void> => {
    closing.close()
    return wire.close()
  }
  return {
    repository(name) {
      checkRepositoryName(name)
      const { registry, repository } = name
      return createRegistryRepository({
        http,
        registry,
        repository,
        origin: originOf(registry, plainHttp),
        name: `${registry}/${repository}`,
        locks,
        uploads: uploadsOf(registry),
        fallbackLists,
        tagLists,
        capabilities: known,
        counts: createRequestCounts(),
        patience: {
          attempts,
          backOff: (attempt, signal) => sleep(backoffMs(attempt, baseDelayMs, maxDelayMs, random()), signal),
          settleMs,
          settle: (atLeastMs, signal) => sleep(Math.round(atLeastMs * (1 + random() / 2)), signal),
          now: () => clock.now().getTime(),
        },
      })
    },
    listRepositories(registry, listing = {}) {
      checkRepositoryName({ registry, repository: 'any' })
      return listRepositories(http, registry, originOf(registry, plainHttp), listing)
    },
    requests: () => counts.list(),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function originOf(registry: string, plainHttp: RegistryClientOptions['plainHttp']): URL {
  // Docker Hub's images are named after docker.io, but its registry is another host.
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry
  const url = URL.parse(`https://${host}`)
  // References may name hosts that no URL can, and numbers that a URL takes for another host: 0x7f.1, 010.0.0.1.
  if (url?.hostname !== host.replace(/:\d+$/, '').toLowerCase()) {
    const reason = url ? `; a URL takes it for ${url.hostname}` : ''
    throw new OciError('REFERENCE_INVALID', `not a registry host: ${registry}${reason}`, {
      reference: registry,
    })
  }
  const plain =
    typeof plainHttp === 'function'
      ? plainHttp(registry)
      : (plainHttp ?? addressScope(url.hostname) === 'loopback')
  return plain ? new URL(`http://${host}`) : url
}

import { type Clock, type Reference, systemClock } from '@sallyport/core'
import { createAuthorizer } from '../auth/authorizer.ts'
import { OciError } from '../errors.ts'
import { addressScope } from '../http/address-scope.ts'
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
import { createRegistryRepository, type RegistryRepository } from './registry-repository.ts'

/** Options of {@link createRegistryClient}. */
export interface RegistryClientOptions extends TransportOptions {
  /** Where credentials come from, e.g. `dockerConfigCredentials()`. Without it, nothing is sent: anonymous. */
  readonly credentials?: CredentialProvider | undefined
  /**
   * Registries that are spoken to without TLS. Default: only those on this machine (127.0.0.0/8, `::1`, `localhost`).
   * `true` is for all of them, `false` for none.
   */
  readonly plainHttp?: boolean | ((registry: string) => boolean) | undefined
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
   * Wait before a list of referrers under a fallback tag is read back the second time, in milliseconds, half of it at
   * random. Must be longer than another writer needs between reading and writing that list. Default 400.
   */
  readonly settleMs?: number | undefined
  readonly clock?: Clock | undefined
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
  /** All requests so far, by host and method: repetitions, redirects and sign-ins included. */
  requests(): readonly RequestCount[]
  /** Closes all connections; running calls are cut. */
  close(): Promise<void>
}

/** Creates a client for any number of registries. Close it, or hold it with `await using`. */
export function createRegistryClient(options: RegistryClientOptions = {}): RegistryClient {
  const { credentials, plainHttp, retry = {}, smallTimeoutMs = 60_000, settleMs = 400 } = options
  const { attempts = 5, baseDelayMs = 200, maxDelayMs = 60_000 } = retry
  const { clock = systemClock, sleep = defaultSleep, random = Math.random } = options
  const { connections, requestsPerSecond } = options
  const limiter =
    options.limiter ?? createHostLimiter({ requests: connections, requestsPerSecond, clock, sleep })
  // A request that got a place must not wait again for a connection: others may be waiting for it.
  const wire = createTransport({ ...options, connections: limiter.requests })
  const counts = createRequestCounts()
  const { onRequest, onWarning, bodyTimeoutMs = 60_000 } = options
  const transport = createMeteredTransport({
    transport: wire,
    limiter,
    counts,
    warnings: createWarningReporter(onWarning),
    onRequest,
    smallTimeoutMs,
    bodyTimeoutMs,
  })
  const repeater = createRepeater({ limiter, clock, sleep, random, attempts, baseDelayMs, maxDelayMs })
  const authorizer = createAuthorizer({ transport, repeater, clock, provider: credentials })
  const http = createRegistryHttp({ transport, authorizer, repeater })
  const locks = createKeyedMutex()
  const close = (): Promise<void> => wire.close()
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
        counts: createRequestCounts(),
        patience: {
          attempts,
          backOff: (attempt, signal) => sleep(backoffMs(attempt, baseDelayMs, maxDelayMs, random()), signal),
          settle: (signal) => sleep(backoffMs(1, settleMs, settleMs, random()), signal),
        },
      })
    },
    requests: () => counts.list(),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function originOf(registry: string, plainHttp: RegistryClientOptions['plainHttp']): URL {
  // Docker Hub's images are named after docker.io, but its registry is another host.
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry
  if (!URL.canParse(`https://${host}`)) {
    throw new OciError('REFERENCE_INVALID', `not a registry host: ${registry}`, { reference: registry })
  }
  const plain =
    typeof plainHttp === 'function'
      ? plainHttp(registry)
      : (plainHttp ?? addressScope(new URL(`https://${host}`).hostname) === 'loopback')
  return new URL(`${plain ? 'http' : 'https'}://${host}`)
}

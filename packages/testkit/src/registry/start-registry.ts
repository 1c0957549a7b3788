import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Digest, isDigest } from '@sallyport/core'
import { createAuthenticator } from './auth/create-authenticator.ts'
import type { RegistryAuth } from './auth/registry-auth.ts'
import {
  type NotificationCounts,
  type NotificationEndpoint,
  notifyEndpoint,
} from './events/notify-endpoint.ts'
import type { RegistryEvent } from './events/registry-event.ts'
import type { RequestHook } from './faults/injected-fault.ts'
import type { RegistryContext, UploadSession } from './handlers/registry-context.ts'
import { faithfulRegistry, type RegistryQuirks } from './quirks/registry-quirks.ts'
import type { RecordedRequest } from './recorded-request.ts'
import { serveRequest } from './serve-request.ts'
import { openStore } from './storage/open-store.ts'

/** Options of {@link startRegistry}. */
export interface StartRegistryOptions {
  /**
   * Folder to keep everything in, each repository as an OCI layout in the folder of its name; the layouts that are
   * there are served. Default: memory.
   */
  readonly directory?: string | undefined
  /** Port on the loopback interface. Default: a free one. */
  readonly port?: number | undefined
  /** Credentials that are needed. Default: none. */
  readonly auth?: RegistryAuth | undefined
  /** Where the registry leaves the specification. Default: nowhere. */
  readonly quirks?: Partial<RegistryQuirks> | undefined
  /** Sees each request before it is handled and may make it go wrong. */
  readonly onRequest?: RequestHook | undefined
  /** Sees each push, pull, deletion and mount, just before the answer of its request ends. */
  readonly onEvent?: ((event: RegistryEvent) => void) | undefined
  /** Also sends these events, in distribution's envelope. Default: nowhere. */
  readonly notifications?: NotificationEndpoint | undefined
  /** The time of tokens and events, in milliseconds since 1970. Default: the system's. */
  readonly now?: (() => number) | undefined
  /** Largest manifest, in bytes. Default 4 MiB. */
  readonly maxManifestBytes?: number | undefined
  /** Largest blob, in bytes. Default 64 GiB. */
  readonly maxBlobBytes?: number | undefined
}

/** What one repository of a {@link TestRegistry} holds, as plain values that can be compared. */
export interface RepositorySnapshot {
  /** Tags by name. */
  readonly tags: Readonly<Record<string, Digest>>
  /** Digests, sorted. */
  readonly manifests: readonly Digest[]
  /** Digests of all blobs, sorted. */
  readonly blobs: readonly Digest[]
}

/** An OCI registry in this process, on the loopback interface. Dispose it to stop it. */
export interface TestRegistry extends AsyncDisposable {
  /** `127.0.0.1:port`, to be used as the registry of a reference. */
  readonly host: string
  /** `http://127.0.0.1:port`. */
  readonly url: string
  /** All requests so far, in the order in which they were answered. */
  readonly requests: readonly RecordedRequest[]
  /** Empties {@link requests}. */
  clearRequests(): void
  /** Replaces the hook of the options; `undefined` removes it. */
  setRequestHook(hook: RequestHook | undefined): void
  /** What the registry holds now, by repository. */
  snapshot(): Readonly<Record<string, RepositorySnapshot>>
  /** The digest that a tag or digest of a repository leads to. */
  resolve(repository: string, reference: string): Digest | undefined
  /** Resolves when all notifications so far are delivered or given up, with how many of each. */
  notificationsSettled(): Promise<NotificationCounts>
  /** Stops the registry and cuts its connections; the content of a folder stays. */
  close(): Promise<void>
}

/**
 * Starts an OCI registry that serves pull, push, content discovery, management and referrers of the OCI distribution
 * specification 1.1 over plain HTTP, on the loopback interface only. For tests and demonstrations; it is no place to keep
 * images. Close it, or hold it with `await using`.
 *
 * @throws {Error} when a folder holds a damaged layout, an htpasswd file has another kind of entry, notifications would
 *   leave the machine, or the port is taken.
 */
export async function startRegistry(options: StartRegistryOptions = {}): Promise<TestRegistry> {
  const { directory, port = 0, auth, maxManifestBytes = 4 * 1024 * 1024, now = Date.now } = options
  const quirks = { ...faithfulRegistry, ...options.quirks }
  const { storage, catalogue, acceptsName } = await openStore(directory)
  const notifier = options.notifications && notifyEndpoint(options.notifications)
  const requests: RecordedRequest[] = []
  let onRequest = options.onRequest
  let origin = ''
  let otherOrigin = ''
  const context: RegistryContext = {
    quirks,
    storage,
    catalogue,
    acceptsName,
    uploads: new Map<string, UploadSession>(),
    throttled: new Map<string, number>(),
    get origin() {
      return origin
    },
    get otherOrigin() {
      return otherOrigin
    },
    maxManifestBytes,
    maxBlobBytes: options.maxBlobBytes ?? 64 * 1024 ** 3,
  }
  const authenticator = await createAuthenticator(auth, { quirks, origin: () => origin, now })
  const instanceId = randomUUID()
  const onEvent = (event: RegistryEvent) => {
    options.onEvent?.(event)
    notifier?.send(event)
  }
  const server = createServer({ maxHeaderSize: 64 * 1024, requestTimeout: 0 }, (incoming, outgoing) => {
    void serveRequest(incoming, outgoing, {
      context,
      authenticator,
      onRequest,
      record: (request) => requests.push({ sequence: requests.length, ...request }),
      onEvent,
      instanceId,
      now,
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  origin = `http://${host}`
  otherOrigin = origin.replace('127.0.0.1', 'localhost')

  const close = async () => {
    if (!server.listening) return
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
    await notifier?.stop()
    await Promise.all(
      [...context.uploads.values()].map(({ content, busy }) => busy.then(() => content.discard())),
    )
    context.uploads.clear()
  }
  return {
    host,
    url: origin,
    requests,
    clearRequests: () => requests.splice(0),
    setRequestHook: (hook) => (onRequest = hook),
    snapshot: () =>
      Object.fromEntries(
        catalogue.names().map((name) => {
          const { tags, manifests, blobs } = catalogue.require(name)
          const snapshot: RepositorySnapshot = {
            tags: Object.fromEntries([...tags].sort(([a], [b]) => (a < b ? -1 : 1))),
            manifests: [...manifests.keys()].sort(),
            blobs: [...blobs.keys()].sort(),
          }
          return [name, snapshot]
        }),
      ),
    resolve(repository, reference) {
      const record = catalogue.get(repository)
      if (!isDigest(reference)) return record?.tags.get(reference)
      return record?.manifests.has(reference) ? reference : undefined
    },
    notificationsSettled: async () => (await notifier?.settled()) ?? { delivered: 0, failed: 0 },
    close,
    [Symbol.asyncDispose]: close,
  }
}

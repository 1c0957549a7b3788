import type { Reference } from '@sallyport/core'
import {
  createRegistryClient,
  type RegistryClient,
  type RegistryClientOptions,
  type Repository,
} from '@sallyport/oci'
import type { PullCredentials } from '../ports/image-verifier.ts'

/** Clients of registries, one for each scope of credentials, so that no token serves anybody else. */
export interface PullingClients extends AsyncDisposable {
  /** For `createRegistryVerifier`. */
  repository(
    name: Pick<Reference, 'registry' | 'repository'>,
    credentials: PullCredentials | undefined,
  ): Repository
}

/** Options of {@link pullingClients}. */
export interface PullingClientsOptions {
  /** Of each client; its credentials are for images whose Pod brings none. */
  readonly client?: RegistryClientOptions | undefined
  /** Most scopes whose clients are kept. Default 64. */
  readonly maxScopes?: number | undefined
}

/** Makes clients as they are needed. Dispose them to close their connections. */
export function pullingClients({ client = {}, maxScopes = 64 }: PullingClientsOptions = {}): PullingClients {
  const clients = new Map<string, RegistryClient>()
  return {
    repository(name, credentials) {
      const scope = credentials === undefined ? 'default' : `scope ${credentials.scope}`
      const found =
        clients.get(scope) ??
        createRegistryClient({ ...client, ...(credentials && { credentials: credentials.provider }) })
      clients.delete(scope)
      clients.set(scope, found)
      // One that is not kept may still be read with, so it is left to end by itself: idle connections close.
      for (const oldest of clients.keys()) {
        if (clients.size <= maxScopes) break
        clients.delete(oldest)
      }
      return found.repository(name)
    },
    async [Symbol.asyncDispose]() {
      const open = [...clients.values()]
      clients.clear()
      await Promise.all(open.map((each) => each.close()))
    },
  }
}

import type { WatchedPlace } from '@sallyport/monitor'
import type { RegistryClient } from '@sallyport/oci'

/** All repositories that a registry lists, for the option `listPlaces`. */
export const listPlaces = (client: RegistryClient, registry: string) =>
  async function* (signal?: AbortSignal): AsyncGenerator<WatchedPlace> {
    for await (const repository of client.listRepositories(registry, { signal }))
      yield { registry, repository }
  }

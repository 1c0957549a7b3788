import type { Clock } from '@sallyport/core'
import type { RepositoryCapabilities } from './capabilities.schema.ts'

/** What a client knows of its repositories from probes. */
export interface KnownCapabilities {
  /** What was measured of `registry/repository`, unless it has expired. */
  of(name: string): RepositoryCapabilities | undefined
  remember(capabilities: RepositoryCapabilities): void
}

/** Creates the memory of a client. */
export function createKnownCapabilities(
  clock: Clock,
  initial: readonly RepositoryCapabilities[],
): KnownCapabilities {
  const known = new Map(initial.map((each) => [each.repository, each]))
  return {
    of(name) {
      const found = known.get(name)
      return found !== undefined && Date.parse(found.expiresAt) > clock.now().getTime() ? found : undefined
    },
    remember: (capabilities) => void known.set(capabilities.repository, capabilities),
  }
}

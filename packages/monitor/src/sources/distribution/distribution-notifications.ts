import type { EventFormat } from '../../ports/event-format.ts'
import { createFormat } from '../read/create-format.ts'
import { listRows } from '../read/list-rows.ts'
import { checkRegistry } from '../read/repository-name.ts'
import type { SenderOptions } from '../sender/sender-check.ts'
import { distributionEvent } from './distribution-event.schema.ts'
import { readDistributionEvent } from './read-distribution-event.ts'

/** Options of formats of one registry. */
export type RegistrySourceOptions = SenderOptions & {
  /** Host with its port, as in references. What an event says of it came from the client. */
  readonly registry: string
}

/** Media types of the envelope: of 2.8 and of later versions. */
export const distributionMediaTypes = [
  'application/vnd.docker.distribution.events.v1+json',
  'application/vnd.docker.distribution.events.v2+json',
  'application/json',
]

/**
 * Notifications of CNCF distribution, and of whatever uses its envelope. Silent: who it was when a proxy authenticates,
 * the digest of deleted tags, the subject of referrers, and whatever was in the queue when the registry stopped.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function distributionNotifications(options: RegistrySourceOptions): EventFormat {
  const name = 'distribution'
  const registry = checkRegistry(options.registry, name)
  return createFormat(
    {
      name,
      mediaTypes: distributionMediaTypes,
      listEntries: (body) => listRows(body, 'events'),
      readEntry: (entry) =>
        readDistributionEvent(distributionEvent.parse(entry), {
          registry,
          // No name: nobody signed in, or a proxy did it for the registry. Both look the same.
          toKind: (actor) => (actor?.name ? 'user' : 'unknown'),
        }),
    },
    options,
  )
}

import { createHash } from 'node:crypto'
import type { RegistryEvent } from '../event/registry-event.ts'

/**
 * Equal for redeliveries: events of one source that say the same of the same second. An id alone is not enough, since
 * some sources give a new one to each delivery; and where no digest is named, two events of a second may be about two
 * states, so there the id counts.
 */
export function eventKey(event: RegistryEvent): string {
  const { id, source, time, action, registry, repository, tag, digest, actor, sequence, subject } = event
  const told = [source, action, registry, repository, tag, actor.kind, actor.name, subject, sequence]
  const when =
    digest === undefined || source === 'snapshot' ? [id] : [digest, Math.floor(Date.parse(time) / 1000)]
  return createHash('sha256')
    .update(JSON.stringify([...told, ...when]))
    .digest('base64url')
}

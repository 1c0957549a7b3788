import type { RegistryEvent } from '../event/registry-event.ts'
import { openGathering } from './gather.ts'

/** Takes events from many callers at once. */
export interface Intake {
  /** Resolves once they are kept. */
  take(events: readonly RegistryEvent[]): Promise<void>
}

/** Opens an intake that keeps in one go what comes at about the same time. */
export function openIntake(keep: (events: readonly RegistryEvent[]) => Promise<void>): Intake {
  const gathering = openGathering(keep)
  return { take: (events) => gathering.add(events.map(toPrintable)) }
}

/** Names as a database takes them: whoever pushes may choose them. What no registry allows is nothing that is watched. */
function toPrintable(event: RegistryEvent): RegistryEvent {
  const clean = (text: string): string =>
    text
      .toWellFormed()
      .replaceAll(/[\p{Cc}]/gu, '\u{fffd}')
      .slice(0, 1024)
  const { registry, repository, tag, actor } = event
  const { name, address, userAgent } = actor
  return {
    ...event,
    actor: {
      kind: actor.kind,
      ...(name !== undefined && { name: clean(name) }),
      ...(address !== undefined && { address: clean(address) }),
      ...(userAgent !== undefined && { userAgent: clean(userAgent) }),
    },
    registry: clean(registry),
    repository: clean(repository),
    ...(tag !== undefined && { tag: clean(tag) }),
  }
}

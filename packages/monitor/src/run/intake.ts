import type { RegistryEvent } from '../event/registry-event.ts'

/** Takes events from many callers at once. */
export interface Intake {
  /** Resolves once they are kept. */
  take(events: readonly RegistryEvent[]): Promise<void>
}

/** Gathers what comes while the last events are being kept, so that it is kept in one go. */
export function openIntake(keep: (events: readonly RegistryEvent[]) => Promise<void>): Intake {
  let waiting: RegistryEvent[] = []
  let next: Promise<void> | undefined
  let current: Promise<void> = Promise.resolve()

  async function keepNext(): Promise<void> {
    await current
    const all = waiting
    waiting = []
    next = undefined
    const work = keep(all)
    current = work.catch(() => undefined)
    await work
  }

  return {
    async take(events) {
      for (const event of events) waiting.push(toPrintable(event))
      next ??= keepNext()
      await next
    },
  }
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

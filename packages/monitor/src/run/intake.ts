import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import type { RegistryEvent } from '../event/registry-event.ts'

/** Takes events from many callers at once. */
export interface Intake {
  /** Resolves once they are kept. */
  take(events: readonly RegistryEvent[]): Promise<void>
}

/** What was gathered waits at most so long to be kept, in milliseconds. */
const longestGatherMs = 5

/**
 * Gathers what comes at about the same time, so that it is kept in one go: a commit waits for the disk, and stops all else
 * with SQLite. The slower the disk, the more is gathered, such that commits take a third of the time.
 */
export function openIntake(keep: (events: readonly RegistryEvent[]) => Promise<void>): Intake {
  let waiting: RegistryEvent[] = []
  let next: Promise<void> | undefined
  let current: Promise<void> = Promise.resolve()
  let restUntil = 0

  async function keepNext(): Promise<void> {
    await current
    await turn()
    const restMs = restUntil - performance.now()
    if (restMs >= 1) await delay(restMs)
    const all = waiting
    waiting = []
    next = undefined
    const startedAt = performance.now()
    const work = keep(all)
    current = work.catch(() => undefined)
    try {
      await work
    } finally {
      const endedAt = performance.now()
      restUntil = endedAt + Math.min(2 * (endedAt - startedAt), longestGatherMs)
    }
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

import { z } from 'zod'
import { MonitorError } from '../../errors.ts'
import type { RegistryEvent } from '../../event/registry-event.ts'
import type { ReadDelivery, RefusedEntry } from '../../ports/event-format.ts'
import { createEvent, type EventDraft, type EventOrigin } from './create-event.ts'
import { EntryError } from './entry-error.ts'
import { toPlainText } from './plain-text.ts'

/** What one entry told of; nothing when it is no matter of ours. */
export type ReadEntry = (entry: unknown) => readonly EventDraft[]

/** Reads entries one by one: a bad one is refused, and the others count. */
export function readEntries(entries: readonly unknown[], read: ReadEntry, origin: EventOrigin): ReadDelivery {
  const events: RegistryEvent[] = []
  const refused: RefusedEntry[] = []
  let ignored = 0
  for (const [position, entry] of entries.entries()) {
    const attempt = <T>(work: () => T): T | undefined => {
      try {
        return work()
      } catch (error) {
        refused.push({ position, message: explain(error) })
        return undefined
      }
    }
    const drafts = attempt(() => read(entry))
    if (drafts?.length === 0) ignored += 1
    for (const draft of drafts ?? []) {
      const event = attempt(() => createEvent(draft, origin))
      if (event) events.push(event)
    }
  }
  return { events, refused, ignored }
}

/** One reason, with nothing in it that a terminal would obey. */
function explain(error: unknown): string {
  if (error instanceof EntryError || error instanceof MonitorError) return error.message
  if (error instanceof z.ZodError) {
    const [issue] = error.issues
    return toPlainText(`${issue?.path.join('.') || 'entry'}: ${issue?.message ?? 'not readable'}`, 200)
  }
  // An entry that trips us must not take the good ones with it.
  return 'not readable'
}

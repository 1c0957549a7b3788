import { isSallyportError } from '@sallyport/core'
import {
  type EvidenceLimits,
  type EvidenceSource,
  normalizePath,
  parseJsonEvent,
  readLines,
} from '@sallyport/harden/recordings'
import { RuntimeError } from '../../errors.ts'
import type { GapEvent, RuntimeEvent } from '../behaviour-event.ts'

/** What events are read from: a text, or a stream of it, such as a file that grows or the output of a program. */
export type EventSource = EvidenceSource

/** Options of all readers of events. */
export interface ReadEventsOptions {
  /** Bounds: `maxBytes` (default 8 GiB), `maxLineBytes` (1 MiB), `maxDocumentBytes` (64 MiB). */
  readonly limits?: Omit<EvidenceLimits, 'maxPaths'> | undefined
  /** Ends the reading; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

const maxPathBytes = 4096

/** The lines of a source; what is too long ends with an error of this package. */
export async function* linesOf(
  content: EventSource,
  source: string,
  { limits, signal }: ReadEventsOptions,
): AsyncGenerator<string> {
  signal?.throwIfAborted()
  try {
    yield* readLines(content, { source, limits, signal })
  } catch (cause) {
    if (!isSallyportError(cause)) throw cause
    throw new RuntimeError('EVENTS_INVALID', cause.message, { cause, subject: source })
  }
}

/** A place in the stream where events are missing. */
export function gap(source: string, code: GapEvent['code'], message: string, count = 1): GapEvent {
  return { type: 'gap', source, code, message, count: Math.max(1, count) }
}

/** Reads a line of JSON an event; what `toEvents` does not know gives no event, what it refuses (`undefined`) a gap. */
export async function* readJsonLines(
  content: EventSource,
  source: string,
  toEvents: (event: object) => readonly RuntimeEvent[] | undefined,
  options: ReadEventsOptions,
): AsyncGenerator<RuntimeEvent> {
  for await (const line of linesOf(content, source, options)) {
    const text = line.trim()
    if (text === '' || text === '[' || text === ']') continue
    const event = parseJsonEvent(text.endsWith(',') ? text.slice(0, -1) : text)
    const events = event && toEvents(event)
    if (events === undefined) yield gap(source, 'unreadable', 'lines that are no event of this source')
    else yield* events
  }
}

/** An absolute path as the container has it; `undefined` for what is none, or can't be one. */
export function pathIn(text: string | undefined, folder?: string): string | undefined {
  if (text === undefined || text === '' || text.length > maxPathBytes || text.includes('\0')) return undefined
  if (text.startsWith('/')) return normalizePath(text)
  return folder?.startsWith('/') ? normalizePath(`${folder}/${text}`) : undefined
}

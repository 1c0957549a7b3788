import { createHash } from 'node:crypto'
import { type Clock, systemClock } from '@sallyport/core'
import type { RegistryEvent } from '../../event/registry-event.ts'
import type { RefusedEntry } from '../../ports/event-format.ts'
import { readEntries } from '../read/read-entries.ts'
import { EntryError } from '../read/entry-error.ts'
import type { LineFormat } from './line-format.ts'

/** Options of {@link parseLogLines}. */
export interface ParseLogLinesOptions {
  /** For lines without a time that says something. Default: the machine's clock. */
  readonly clock?: Clock | undefined
  /** Longer lines are refused, in characters. Default 65,536. */
  readonly maxLineLength?: number | undefined
  /** Sees lines that could not be read; `position` is the number of the line, from 0. */
  readonly onRefused?: ((refused: RefusedEntry) => void) | undefined
  /** Sees that a line was no matter of ours. */
  readonly onIgnored?: (() => void) | undefined
  /** Ends the reading; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/** Equal lines that follow each other are told apart among this many; logs have seconds, and much happens in one. */
const rememberedLines = 1000

/**
 * Reads the lines of a log as they come, whoever brings them: `readline` over a file, a tail that survives rotation, or
 * what a container prints. Flat in memory. A log that is read again from where it was read before gives the same ids.
 */
export async function* parseLogLines(
  format: LineFormat,
  lines: AsyncIterable<string> | Iterable<string>,
  options: ParseLogLinesOptions = {},
): AsyncGenerator<RegistryEvent, void, void> {
  const { clock = systemClock, maxLineLength = 65_536, onRefused, onIgnored, signal } = options
  const seen = new Map<string, number>()
  let position = -1
  for await (const line of lines) {
    signal?.throwIfAborted()
    position += 1
    if (line.trim() === '') continue
    const read = () => {
      if (line.length > maxLineLength) throw new EntryError(`a line of more than ${maxLineLength} characters`)
      const drafts = format.readLine(line)
      if (drafts.length === 0) return drafts
      const stableId = countRepeats(seen, line)
      return drafts.map((draft) => ({ ...draft, stableId: draft.stableId ?? stableId }))
    }
    const { events, refused, ignored } = readEntries([line], read, {
      source: format.name,
      receivedAt: clock.now(),
    })
    if (ignored > 0) onIgnored?.()
    for (const { message } of refused) onRefused?.({ position, message })
    yield* events
  }
}

/** The line and how often it came lately. */
function countRepeats(seen: Map<string, number>, line: string): string {
  const hash = createHash('sha256').update(line).digest('base64url')
  const count = (seen.get(hash) ?? 0) + 1
  seen.delete(hash)
  seen.set(hash, count)
  const [oldest] = seen.keys()
  if (seen.size > rememberedLines && oldest !== undefined) seen.delete(oldest)
  return `${hash}/${count}`
}

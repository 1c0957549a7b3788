import { MonitorError } from '../../errors.ts'
import type { Delivery, EventFormat, ReadDelivery, ReadOptions } from '../../ports/event-format.ts'
import { type SenderOptions, senderOf } from '../sender/sender-check.ts'
import type { EventDraft } from './create-event.ts'
import { readEntries } from './read-entries.ts'
import { readJsonBody } from './read-json-body.ts'

/** What makes a format, apart from who may send. */
export interface FormatDefinition {
  readonly name: string
  /** Media types that it comes in. */
  readonly mediaTypes: readonly string[]
  /**
   * The entries of a body.
   *
   * @throws {MonitorError} `DELIVERY_INVALID` when the body is something else as a whole.
   */
  readonly listEntries: (body: unknown, delivery: Delivery) => readonly unknown[]
  /** As `ReadEntry`. */
  readonly readEntry: (entry: unknown, delivery: Delivery) => readonly EventDraft[]
  /** Answers a handshake; its body is no list of entries. */
  readonly shakeHands?: ((delivery: Delivery) => ReadDelivery['answer']) | undefined
}

const defaultMaxEntries = 10_000

/** A format that checks who sent it, then what, then reads entry by entry. */
export function createFormat(definition: FormatDefinition, options: SenderOptions): EventFormat {
  const { name, mediaTypes, listEntries, readEntry, shakeHands } = definition
  const check = senderOf(options, name)
  const read = async (delivery: Delivery, readOptions: ReadOptions): Promise<ReadDelivery> => {
    const { receivedAt, maxEntries = defaultMaxEntries, signal } = readOptions
    signal?.throwIfAborted()
    await check(delivery, readOptions)
    const answer = shakeHands?.(delivery)
    if (answer) return { events: [], refused: [], ignored: 0, answer }
    const entries = listEntries(readJsonBody(delivery, mediaTypes), delivery)
    if (entries.length > maxEntries)
      throw new MonitorError(
        'DELIVERY_TOO_LARGE',
        `${entries.length} entries, at most ${maxEntries} are read at once`,
        {
          status: 413,
        },
      )
    return readEntries(entries, (entry) => readEntry(entry, delivery), { source: name, receivedAt })
  }
  return {
    name,
    async read(delivery, readOptions) {
      try {
        return await read(delivery, readOptions)
      } catch (error) {
        throw error instanceof MonitorError && error.subject === undefined ? named(error, name) : error
      }
    },
  }
}

/** The same error with the format that it is about. */
function named(error: MonitorError, subject: string): MonitorError {
  const { code, message, cause, retryable, status } = error
  return new MonitorError(code, `${subject}: ${message}`, { cause, retryable, status, subject })
}

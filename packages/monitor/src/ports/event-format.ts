import type { RegistryEvent } from '../event/registry-event.ts'

/** One delivery as it came in, from whichever server. */
export interface Delivery {
  /** In lower case; several of one name joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** As it was sent. */
  readonly body: Uint8Array
  /** Of the URL that it came to, without origin, with the query. */
  readonly path?: string | undefined
  /** Address of the peer that sent it, as the socket knows it. */
  readonly remoteAddress?: string | undefined
}

/** An entry of a delivery that could not be read; the good ones of the same delivery count all the same. */
export interface RefusedEntry {
  /** Its position in the delivery, from 0; or its line. */
  readonly position: number
  /** Why, without what it held. */
  readonly message: string
}

/** What a delivery held. */
export interface ReadDelivery {
  /** In the order of the entries. */
  readonly events: readonly RegistryEvent[]
  /** Entries that could not be read. */
  readonly refused: readonly RefusedEntry[]
  /** Entries that are no matter of ours (pulls, scans, blobs), for the count. */
  readonly ignored: number
  /** What to answer in place of an empty 202, for protocols that shake hands. */
  readonly answer?:
    | {
        readonly status: number
        readonly contentType: string
        readonly body: string
        readonly headers?: Readonly<Record<string, string>> | undefined
      }
    | undefined
}

/** Options of {@link EventFormat.read}. */
export interface ReadOptions {
  /** When it came in: the time of events that tell none. */
  readonly receivedAt: Date
  /** Most entries of one delivery. Default 10,000. */
  readonly maxEntries?: number | undefined
  /** Aborts look-ups of keys. */
  readonly signal?: AbortSignal | undefined
}

/** Understands what one kind of registry sends, and checks who sent it. */
export interface EventFormat {
  /** In events and alerts: `distribution`, `harbor`, … */
  readonly name: string
  /**
   * Checks signature or token, then reads.
   *
   * @throws {MonitorError} `DELIVERY_REFUSED` when nobody trusted sent it; `DELIVERY_INVALID` when nothing of it can be
   *   read; `DELIVERY_TOO_LARGE`.
   */
  read(delivery: Delivery, options: ReadOptions): Promise<ReadDelivery>
}

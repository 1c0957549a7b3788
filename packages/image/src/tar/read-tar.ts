import { ImageError } from '../errors.ts'
import type { TarEntry } from './tar-header.ts'
import type { TarLimits } from './tar-limits.ts'
import { TarScanner } from './tar-scanner.ts'

/** What {@link readTar} yields: an entry, followed by its content in pieces. */
export type TarEvent =
  | { readonly type: 'entry'; readonly entry: TarEntry }
  | { readonly type: 'data'; readonly chunk: Uint8Array }

/** Options of {@link readTar}. */
export interface ReadTarOptions extends TarLimits {
  /** Whether an archive may stop after an entry without the two zero blocks. Default `false`. */
  readonly allowMissingEnd?: boolean | undefined
  /** Ends the reading; iterating rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads a tar archive as a stream; nothing but the headers is held in memory. Data chunks are views of the source's.
 *
 * @throws {ImageError} `TAR_INVALID` with the byte offset: wrong checksum, malformed header, cut archive.
 * @throws {ImageError} `TAR_UNSUPPORTED` for sparse files and unknown entry types.
 * @throws {ImageError} `LIMIT_EXCEEDED` when a limit of `options` is passed.
 */
export async function* readTar(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { allowMissingEnd = false, signal, ...limits }: ReadTarOptions = {},
): AsyncGenerator<TarEvent, void, undefined> {
  signal?.throwIfAborted()
  let events: TarEvent[] = []
  let received = 0
  const scanner = new TarScanner(
    {
      onEntry: (entry) => events.push({ type: 'entry', entry }),
      onData: (chunk) => events.push({ type: 'data', chunk }),
    },
    limits,
  )
  for await (const chunk of source) {
    signal?.throwIfAborted()
    received += chunk.byteLength
    scanner.push(chunk)
    yield* events
    events = []
  }
  scanner.end()
  if (!scanner.ended && !allowMissingEnd) {
    throw new ImageError('TAR_INVALID', `tar ends at byte ${received} without its end mark`, {
      offset: received,
    })
  }
}

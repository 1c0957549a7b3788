import { followSignal } from '@sallyport/core'
import { OciError } from '../errors.ts'

/** The end of a client, which ends whatever waits then. */
export interface Closing {
  /**
   * Runs something that waits, with a signal for its time: `signal`, or the end of the client.
   *
   * @throws {OciError} `REGISTRY_UNREACHABLE` when the client is closed, before or meanwhile.
   */
  run<T>(signal: AbortSignal | undefined, operation: (signal: AbortSignal) => Promise<T>): Promise<T>
  close(): void
}

/** Creates the end of a client that is still to come. */
export function createClosing(): Closing {
  const running = new Set<AbortController>()
  let closed: OciError | undefined
  return {
    async run(signal, operation) {
      signal?.throwIfAborted()
      if (closed !== undefined) throw closed
      const own = new AbortController()
      const leave = followSignal(signal, own)
      running.add(own)
      try {
        return await operation(own.signal)
      } finally {
        running.delete(own)
        leave()
      }
    },
    close() {
      closed ??= new OciError('REGISTRY_UNREACHABLE', 'the registry client is closed')
      for (const each of running) each.abort(closed)
    },
  }
}

/** Limits of {@link watchThroughput}. */
export interface ThroughputOptions {
  /** How long the other side may be waited for until enough must have come, in milliseconds. */
  readonly windowMs: number
  /** What is enough: bytes for each second of the wait. Default 1024. */
  readonly minBytesPerSecond?: number | undefined
}

/**
 * Passes a body on, and ends it when it comes so slowly that it was not meant to arrive. Only the time that is spent
 * waiting for the other side counts; who reads may take any time. Rejects with a `TimeoutError`.
 */
export function watchThroughput(
  body: AsyncIterable<Uint8Array>,
  { windowMs, minBytesPerSecond = 1024 }: ThroughputOptions,
): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const chunks = body[Symbol.asyncIterator]()
      let waitedMs = 0
      let received = 0
      return {
        async next() {
          const asked = performance.now()
          const step = await chunks.next()
          waitedMs += performance.now() - asked
          if (step.done) return step
          received += step.value.byteLength
          if (waitedMs >= windowMs) {
            if (received * 1000 < minBytesPerSecond * waitedMs) {
              await chunks.return?.()
              throw new DOMException(`only ${received} bytes in ${Math.round(waitedMs)} ms`, 'TimeoutError')
            }
            waitedMs = 0
            received = 0
          }
          return step
        },
        async return() {
          await chunks.return?.()
          return { done: true, value: undefined }
        },
      }
    },
  }
}

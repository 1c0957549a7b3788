/** Lets so many transfers run at once, the largest first. */
export interface BlobQueue {
  run<T>(bytes: number, transfer: () => Promise<T>): Promise<T>
}

/** Up to here the time for answers counts, not that for bytes. */
const smallBytes = 1024 * 1024
const smallPerLarge = 2

/**
 * Creates a queue of two lanes, so that small blobs don't wait behind large ones: `concurrency` blobs of more than 1 MiB
 * and twice as many of the others.
 */
export function createBlobQueue(concurrency: number): BlobQueue {
  const large = createLane(concurrency)
  const small = createLane(concurrency * smallPerLarge)
  return { run: (bytes, transfer) => (bytes > smallBytes ? large : small).run(bytes, transfer) }
}

interface Waiting {
  readonly bytes: number
  readonly begin: () => void
}

function createLane(slots: number): BlobQueue {
  const waiting: Waiting[] = []
  let free = slots

  /** Begins after the current turn, so that what is queued together is sorted first. */
  function turn(bytes: number): Promise<void> {
    return new Promise((begin) => {
      const at = waiting.findIndex((other) => other.bytes < bytes)
      waiting.splice(at < 0 ? waiting.length : at, 0, { bytes, begin })
      queueMicrotask(next)
    })
  }

  function next(): void {
    if (free === 0) return
    const first = waiting.shift()
    if (first === undefined) return
    free--
    first.begin()
  }

  return {
    async run(bytes, transfer) {
      await turn(bytes)
      try {
        return await transfer()
      } finally {
        free++
        next()
      }
    },
  }
}

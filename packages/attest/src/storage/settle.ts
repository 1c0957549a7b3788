import { setTimeout } from 'node:timers/promises'

/** Waits; rejects with `signal.reason` as soon as it is aborted. */
export async function settle(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  try {
    await setTimeout(milliseconds, undefined, { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}

import { GateError } from '../errors.ts'
import type { Leases } from '../ports/leases.ts'

/**
 * Works while it holds the leases of all destinations; each caller takes them in the same order, so that two never wait
 * for each other.
 *
 * @throws {GateError} `ALREADY_RUNNING`, retryable, when another promotion holds one of them.
 */
export async function withLease<T>(
  leases: Leases,
  destinations: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  await using held = new AsyncDisposableStack()
  for (const destination of [...destinations].sort()) {
    const lease = await leases.acquire(destination)
    if (!lease) {
      throw new GateError(
        'ALREADY_RUNNING',
        `another promotion to ${destination} is under way; promote again when it has ended`,
        { step: 'resolve', retryable: true },
      )
    }
    held.use(lease)
  }
  return await work()
}

import { setTimeout as delay } from 'node:timers/promises'
import { GateError } from '../errors.ts'

const tries = 6
const firstDelayMs = 100

/**
 * Asks PostgreSQL again while a connection breaks, for about three seconds. Only for what may be asked twice.
 *
 * @throws {GateError} `ENGINE_FAILED`, retryable, when it is not there by then.
 */
export async function patiently<T>(
  work: () => Promise<T>,
  sleep: (milliseconds: number) => Promise<unknown> = delay,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (cause) {
      if (cause instanceof GateError) throw cause
      if (attempt === tries) {
        const message = `PostgreSQL does not do what the engine asks: ${String(cause)}; try again`
        throw new GateError('ENGINE_FAILED', message, { cause, retryable: true })
      }
      await sleep(firstDelayMs * 2 ** (attempt - 1))
    }
  }
}

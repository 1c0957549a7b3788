import { MonitorError } from '../../errors.ts'
import type { Delivery, ReadOptions } from '../../ports/event-format.ts'

/**
 * Says whether a delivery comes from who it should; it sees the body as it came. Ready-made ones: `tokenInHeader`,
 * `bearerToken`, `basicCredentials`, `secretInQuery`, `signedBody` and what is built on it, `oidcToken`,
 * `fetchedByCaller`.
 *
 * @throws {MonitorError} `DELIVERY_REFUSED`, without a word of the secret.
 */
export type SenderCheck = (delivery: Delivery, options: ReadOptions) => void | Promise<void>

/** Who may send. One of the two has to be given. */
export type SenderOptions =
  | {
      /** Checks who sent a delivery. */
      readonly sender: SenderCheck
      readonly unsafeUnsigned?: undefined
    }
  | {
      /** Takes what anybody sends. Only behind something else that checks, such as mutual TLS. */
      readonly unsafeUnsigned: true
      readonly sender?: undefined
    }

/** The check that options name. */
export function senderOf(options: SenderOptions, format: string): SenderCheck {
  // Callers without types exist, and a missing secret must not open the door.
  const { sender, unsafeUnsigned } = options as Partial<Record<keyof SenderOptions, unknown>>
  if (typeof sender === 'function' && unsafeUnsigned === undefined) return sender as SenderCheck
  if (unsafeUnsigned === true && sender === undefined) return () => undefined
  throw new MonitorError(
    'OPTIONS_INVALID',
    `${format}: give a sender, which checks who sent a delivery, or unsafeUnsigned: true`,
    { subject: format },
  )
}

/** A refusal that tells nobody how close they came. */
export function refuseSender(reason: string): MonitorError {
  return new MonitorError('DELIVERY_REFUSED', `the sender is not trusted: ${reason}`, { status: 401 })
}

/**
 * For pages and rows that you fetched yourself over a connection that you trust. Refuses whatever came in over HTTP, so
 * that a format with it lets nobody in when it is mounted.
 */
export function fetchedByCaller(): SenderCheck {
  return ({ path, remoteAddress }) => {
    if (path !== undefined || remoteAddress !== undefined)
      throw refuseSender('this format reads only what was fetched')
  }
}

import { createHmac } from 'node:crypto'
import type { RegistryEvent } from '../event/registry-event.ts'
import type { Delivery, EventFormat, ReadDelivery } from '../ports/event-format.ts'
import { signedBody } from './sender/signed-body.ts'

/** When test deliveries come in. */
export const receivedAt = new Date('2026-11-25T22:00:00.000Z')
/** When what they tell of happened. */
export const happenedAt = '2026-11-25T21:40:52.000Z'

/** Digests of one repeated digit. */
export const digestOfDigit = (digit: string) => `sha256:${digit.repeat(64)}` as const

/** Takes anybody. */
export const unsigned = { unsafeUnsigned: true } as const

const secret = 'a secret of tests'
/** Checks what {@link sign} signs. */
export const signed = { sender: signedBody({ header: 'x-signature', algorithm: 'sha256', secret }) }

/** Signature of a body for {@link signed}. */
export function sign(body: Uint8Array | string): string {
  return createHmac('sha256', secret).update(body).digest('hex')
}

/** A delivery of JSON over HTTP. */
export function deliveryOf(body: unknown, headers: Readonly<Record<string, string>> = {}): Delivery {
  const bytes = Buffer.from(JSON.stringify(body))
  return {
    body: bytes,
    headers: { 'content-type': 'application/json', 'x-signature': sign(bytes), ...headers },
    path: '/hook',
  }
}

/** Reads a delivery of JSON at {@link receivedAt}. */
export function readBody(
  format: EventFormat,
  body: unknown,
  headers?: Readonly<Record<string, string>>,
): Promise<ReadDelivery> {
  return format.read(deliveryOf(body, headers), { receivedAt })
}

/** Events without what is the same in all of a table: source, id, and the usual time and registry. */
export function summarize(events: readonly RegistryEvent[], usual: Partial<RegistryEvent> = {}): object[] {
  return events.map(({ id: _id, source: _source, ...event }) =>
    Object.fromEntries(
      Object.entries(event).filter(
        ([name, value]) =>
          value !== (name === 'time' ? happenedAt : usual[name as keyof RegistryEvent]) ||
          value === undefined,
      ),
    ),
  )
}

/** Reads one entry and gives what it tells of, in short, or `ignored` or `refused: …`. */
export async function readInShort(
  format: EventFormat,
  body: unknown,
  usual: Partial<RegistryEvent> = {},
  headers?: Readonly<Record<string, string>>,
): Promise<unknown> {
  const { events, refused, ignored } = await readBody(format, body, headers)
  if (refused.length > 0) return `refused: ${refused.map(({ message }) => message).join('; ')}`
  return ignored > 0 && events.length === 0 ? 'ignored' : summarize(events, usual)
}

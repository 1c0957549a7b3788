import { createHash } from 'node:crypto'
import type { Alert } from '../alert/alert.ts'
import { cutText } from './plain-text.ts'

const maxText = 1024
const maxOdd = 110

/**
 * An id of at most `max` printable characters of ASCII: as it is, or its beginning with its hash, so that different ones
 * stay different.
 */
export function shortId(id: string, max = 255): string {
  if (id.length <= max && /^[\x20-\x7e]*$/.test(id)) return id
  const hash = createHash('sha256').update(id).digest('hex')
  return `${id.replace(/[^!-~]/g, '').slice(0, max - hash.length - 1)}.${hash}`
}

/** Id of what is sent of an alert: whoever drops what came before must not drop that it has become worse. */
export function messageIdOf({ id, revision }: Alert): string {
  return revision === undefined ? id : `${id}:${revision}`
}

/**
 * The alert with its texts shortened, and with as many of its events as `maxBytes` of JSON leave room for. Whoever pushes
 * chooses names and user agents: an alert must not grow until its receiver refuses it.
 */
export function fitAlert(alert: Alert, maxBytes = 65_536): Alert {
  const { id, group, resolves, odd, events, ...rest } = alert
  const shown = odd.slice(0, maxOdd)
  const fitted: Alert = {
    ...(shorten(rest) as typeof rest),
    id: shortId(id),
    group: shortId(group),
    ...(resolves !== undefined && { resolves: shortId(resolves) }),
    odd: [...(shorten(shown) as readonly string[])],
    events: events.slice(0, 20).map((event) => shorten(event) as typeof event),
  }
  const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))
  if (sizeOf(fitted) <= maxBytes) return fitted
  const kept = [...fitted.events]
  while (kept.length > 0 && sizeOf({ ...fitted, events: kept }) > maxBytes) kept.pop()
  const keptOdd = [...fitted.odd]
  while (keptOdd.length > 1 && sizeOf({ ...fitted, odd: keptOdd, events: kept }) > maxBytes)
    keptOdd.length = Math.ceil(keptOdd.length / 2)
  return { ...fitted, odd: keptOdd, events: kept }
}

/** Every text in a value of known shape cut to its limit. */
function shorten(value: unknown): unknown {
  if (typeof value === 'string') return cutText(value, maxText).toWellFormed()
  if (Array.isArray(value)) return value.map(shorten)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, shorten(part)]))
}

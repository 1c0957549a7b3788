import { type Digest, isDigest, isJsonDeeperThan } from '@sallyport/core'
import type { ContainerSelection, EvidenceSource, ReadEvidenceOptions } from './evidence-source.ts'
import { readLines } from './read-lines.ts'
import { createRecordCollector, type RecordCollector } from './record-collector.ts'
import type { UsageEvidence } from './usage-evidence.ts'

/** What an event tells of the container that it is about. */
export interface EventOrigin extends ContainerSelection {
  /** A digest, or a reference that ends in one. */
  readonly image?: string | undefined
}

/** How one tool's events are understood. */
export interface EventFormat {
  readonly source: string
  /** What the tool would show if it ran for all of the container's life. */
  readonly observes: UsageEvidence['observes']
  /** Why its recordings are never complete; absent when they can be. */
  readonly partial?: string | undefined
  origin(event: object): EventOrigin
  /** Milliseconds since the epoch. */
  time(event: object): number | undefined
  take(event: object, collector: RecordCollector): void
}

const maxDepth = 64

/** Reads events that are a line of JSON each; lines that are empty or begin otherwise are notes of the tool. */
export async function readJsonEvents(
  recording: EvidenceSource,
  format: EventFormat,
  options: ReadEvidenceOptions,
): Promise<UsageEvidence> {
  const { source } = format
  const { images = [], container = {}, limits, signal } = options
  const collector = createRecordCollector(source, options)
  for await (const line of readLines(recording, { source, limits, signal })) {
    const text = line.trim()
    if (text === '' || text === '[' || text === ']') continue
    const event = parseJsonEvent(text.endsWith(',') ? text.slice(0, -1) : text)
    if (event === undefined) {
      collector.addGap('UNREADABLE', 'lines that are no event in JSON')
      continue
    }
    const { image, ...origin } = format.origin(event)
    if (!isSelected(origin, container)) continue
    const digest = image === undefined ? undefined : digestIn(image)
    if (digest !== undefined && images.length > 0 && !images.includes(digest)) continue
    if (digest !== undefined) collector.addImage(digest)
    const time = format.time(event)
    if (time !== undefined) collector.addTime(time)
    format.take(event, collector)
  }
  if (format.partial !== undefined) collector.addGap('PARTIAL_SOURCE', format.partial)
  return collector.finish(format.observes)
}

/** A line as a JSON object; `undefined` for anything else, and for one nested deeper than 64 levels. */
export function parseJsonEvent(text: string): object | undefined {
  if (!text.startsWith('{') || isJsonDeeperThan(text, maxDepth)) return undefined
  try {
    return JSON.parse(text) as object
  } catch {
    return undefined
  }
}

function isSelected(origin: ContainerSelection, wanted: ContainerSelection): boolean {
  const { namespace, pod, name, id, mountNamespace } = wanted
  if (namespace !== undefined && origin.namespace !== namespace) return false
  if (pod !== undefined && origin.pod !== pod) return false
  if (name !== undefined && origin.name !== name) return false
  if (mountNamespace !== undefined && origin.mountNamespace !== mountNamespace) return false
  if (id === undefined) return true
  const own = origin.id?.replace(/^[a-z-]+:\/\//, '') ?? ''
  // Tools shorten ids, each as it likes.
  return own.length >= 8 && id.length >= 8 && (own.startsWith(id) || id.startsWith(own))
}

/** The digest that a reference ends in, or is. */
export function digestIn(reference: string): Digest | undefined {
  const text = reference.slice(reference.lastIndexOf('@') + 1)
  return isDigest(text) ? text : undefined
}

/** A value inside an event, by the names of its own properties; numbers are places in lists. */
export function valueAt(event: unknown, ...path: readonly (string | number)[]): unknown {
  let at: unknown = event
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined
    at = (at as Record<string | number, unknown>)[name]
  }
  return at
}

/** A text inside an event that is not empty. */
export function textAt(event: unknown, ...path: readonly (string | number)[]): string | undefined {
  const value = valueAt(event, ...path)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A number inside an event, also where it is written as text. */
export function numberAt(event: unknown, ...path: readonly (string | number)[]): number | undefined {
  const value = valueAt(event, ...path)
  if (typeof value === 'string' && /^-?\d{1,15}$/.test(value)) return Number(value)
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** A time inside an event: RFC 3339, or nanoseconds since the epoch. */
export function timeAt(event: unknown, ...path: readonly (string | number)[]): number | undefined {
  const value = valueAt(event, ...path)
  if (typeof value === 'number') return value / 1e6
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

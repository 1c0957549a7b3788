import { isDigest } from '@sallyport/core'
import { z } from 'zod'
import type { Delivery, EventFormat } from '../../ports/event-format.ts'
import type { RegistrySourceOptions } from '../distribution/distribution-notifications.ts'
import type { EventDraft } from '../read/create-event.ts'
import { createFormat } from '../read/create-format.ts'
import { describeManifest } from '../read/describe-manifest.ts'
import { EntryError } from '../read/entry-error.ts'
import { isRecord } from '../read/list-rows.ts'
import { quote } from '../read/plain-text.ts'
import { mediaTypeOf } from '../read/read-json-body.ts'
import { checkRegistry } from '../read/repository-name.ts'

const text = z.string().nullish()
const event = z.object({
  id: z.string(),
  type: z.string(),
  time: z.unknown().optional(),
  data: z.object({
    name: z.string(),
    reference: text,
    digest: text,
    mediaType: text,
    manifest: text,
    actor: z.object({ name: text }).nullish(),
    request: z.object({ addr: text, useragent: text }).nullish(),
  }),
})

const structured = 'application/cloudevents+json'
const ignoredTypes = new Set([
  'zotregistry.image.lint_failed',
  'zotregistry.image.scanned',
  'zotregistry.repository.created',
])

/**
 * Events of zot as CloudEvents over HTTP, in binary and structured mode. Check them with `basicCredentials`. Silent: a
 * push of the same bytes again; what could not be delivered at once is lost.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function zotEvents(options: RegistrySourceOptions): EventFormat {
  const name = 'zot'
  const registry = checkRegistry(options.registry, name)
  return createFormat(
    {
      name,
      mediaTypes: [structured, 'application/json'],
      listEntries: (body, delivery) => [isRecord(body) ? unwrap(body, delivery) : body],
      readEntry: (entry) => readZotEvent(entry, registry),
    },
    options,
  )
}

/** In binary mode the attributes are headers, and the body is the data alone. */
function unwrap(body: Readonly<Record<string, unknown>>, delivery: Delivery): unknown {
  const { headers } = delivery
  if (mediaTypeOf(delivery) === structured || Object.hasOwn(body, 'specversion')) return body
  return { id: headers['ce-id'], type: headers['ce-type'], time: headers['ce-time'], data: body }
}

function readZotEvent(entry: unknown, registry: string): readonly EventDraft[] {
  if (isRecord(entry) && typeof entry['type'] === 'string' && ignoredTypes.has(entry['type'])) return []
  const { id, type, time, data } = event.parse(entry)
  const { name: repository, reference, digest, actor, request } = data
  const isByDigest = isDigest(reference)
  const described = describeManifest(data.manifest)
  const common = {
    registry,
    repository,
    tag: reference,
    digest,
    mediaType: data.mediaType || described.mediaType,
    artifactType: described.artifactType,
    subject: described.subject,
    time,
    actor: {
      name: actor?.name,
      kind: actor?.name ? 'user' : 'unknown',
      address: request?.addr,
      userAgent: request?.useragent,
    },
    rawId: id,
  } as const
  switch (type) {
    case 'zotregistry.image.updated':
      return [{ ...common, action: 'push' }]
    case 'zotregistry.image.deleted':
      return [{ ...common, action: isByDigest ? 'manifest-deleted' : 'tag-deleted' }]
    default:
      throw new EntryError(`a type that is not known: ${quote(type)}`)
  }
}

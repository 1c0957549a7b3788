import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { RegistryEvent, RegistryHappening } from './registry-event.ts'

/** What an event is made of. */
export interface EventInput {
  readonly happening: RegistryHappening
  readonly incoming: IncomingMessage
  readonly repository: string
  readonly actor: string | undefined
  readonly origin: string
  readonly instanceId: string
  /** Milliseconds since 1970. */
  readonly now: number
}

/** Describes what a request did in the form of distribution's notifications. */
export function createEvent(input: EventInput): RegistryEvent {
  const { happening, incoming, repository, actor, origin, instanceId, now } = input
  const { action, digest, mediaType, size, tag, fromRepository, references } = happening
  const { socket, headers, method = '' } = incoming
  const isManifest = mediaType !== undefined && mediaType !== 'application/octet-stream'
  const path =
    digest === undefined ? undefined : `/v2/${repository}/${isManifest ? 'manifests' : 'blobs'}/${digest}`
  return {
    id: randomUUID(),
    timestamp: new Date(now).toISOString(),
    action,
    target: dropUndefined({
      mediaType,
      size,
      length: size,
      digest,
      repository,
      fromRepository,
      url: path === undefined || action === 'delete' ? undefined : `${origin}${path}`,
      tag,
      references: references?.length ? references : undefined,
    }),
    request: {
      id: randomUUID(),
      addr: `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`,
      host: headers.host ?? '',
      method,
      useragent: headers['user-agent'] ?? '',
    },
    actor: actor === undefined ? {} : { name: actor },
    source: { addr: origin.replace(/^http:\/\//, ''), instanceID: instanceId },
  }
}

function dropUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T
}

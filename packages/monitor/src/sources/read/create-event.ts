import { createHash } from 'node:crypto'
import { type Digest, isDigest } from '@sallyport/core'
import { isTag } from '@sallyport/oci'
import type { EventAction, EventActor, RegistryEvent } from '../../event/registry-event.ts'
import { EntryError } from './entry-error.ts'
import { toEventTime } from './event-time.ts'
import { quote, toOptionalText } from './plain-text.ts'
import { toRepositoryName } from './repository-name.ts'

/** What a source says of who did it, not yet neutral. */
export interface ActorDraft {
  /** As the source writes it. */
  readonly name?: string | null | undefined
  /** As the format understands it. */
  readonly kind: EventActor['kind']
  /** As the source writes it. */
  readonly address?: string | null | undefined
  /** As the source writes it. */
  readonly userAgent?: string | null | undefined
}

/** What a source says of an event, not yet believed: empty texts are absent ones. */
export interface EventDraft {
  /** What happened. */
  readonly action: EventAction
  /** Host with its port. */
  readonly registry: string
  /** Path within the registry. */
  readonly repository: unknown
  /** A digest in its place is taken for one. */
  readonly tag?: string | null | undefined
  /** As the source writes it; what is no digest is refused. */
  readonly digest?: string | null | undefined
  /** What was there before. */
  readonly previousDigest?: string | null | undefined
  /** Of the manifest. */
  readonly mediaType?: string | null | undefined
  /** Of the manifest. */
  readonly artifactType?: string | null | undefined
  /** Of a referrer. */
  readonly subject?: string | null | undefined
  /** As the source writes it, whatever it is; absent: when it was received. */
  readonly time?: unknown
  /** Default: unknown. */
  readonly actor: ActorDraft
  /** Id that the source gave. */
  readonly rawId?: string | number | null | undefined
  /** What stays the same when the event is delivered again, if that is not `rawId`; `null`: nothing but what it says. */
  readonly stableId?: string | null | undefined
  /** Joins events of one request. */
  readonly requestId?: string | null | undefined
  /** Says that the registry itself did it, and why. */
  readonly cause?: RegistryEvent['cause']
}

/** Where a draft comes from. */
export interface EventOrigin {
  readonly source: string
  readonly receivedAt: Date
}

/** Makes an event of a draft. What names no place in a registry is refused with an {@link EntryError}. */
export function createEvent(draft: EventDraft, { source, receivedAt }: EventOrigin): RegistryEvent {
  const { registry, repository } = toRepositoryName(draft.registry, draft.repository)
  const written = draft.tag || undefined
  const isByDigest = written !== undefined && isDigest(written)
  const tag = isByDigest ? undefined : written
  if (tag !== undefined && !isTag(tag)) throw new EntryError(`not a tag: ${quote(tag)}`)
  const digest = toDigest(draft.digest) ?? (isByDigest ? written : undefined)
  if (isByDigest && digest !== written)
    throw new EntryError(`two digests: ${quote(written)} and ${quote(digest)}`)
  if (draft.action === 'tag-deleted' && tag === undefined)
    throw new EntryError('a tag was deleted, and none is named')
  if (draft.action === 'manifest-deleted' && digest === undefined)
    throw new EntryError('a manifest was deleted, and none is named')

  const event = {
    source,
    rawId: toOptionalText(
      draft.rawId === undefined || draft.rawId === null ? undefined : String(draft.rawId),
    ),
    time: toEventTime(draft.time, receivedAt),
    action: draft.action,
    actor: toActor(draft.actor),
    registry,
    repository,
    tag,
    digest,
    previousDigest: isDigest(draft.previousDigest) ? draft.previousDigest : undefined,
    mediaType: toOptionalText(draft.mediaType),
    artifactType: toOptionalText(draft.artifactType),
    // Who pushes chooses it: what is none must not hide the push.
    subject: isDigest(draft.subject) ? draft.subject : undefined,
    requestId: toOptionalText(draft.requestId),
    cause: draft.cause,
  }
  const id = toId(draft, event)
  return dropUndefined({ id, ...event })
}

function toActor({ name, kind, address, userAgent }: ActorDraft): EventActor {
  return dropUndefined({
    name: toOptionalText(name),
    kind,
    address: toOptionalText(address),
    userAgent: toOptionalText(userAgent, 512),
  })
}

function toDigest(text: string | null | undefined): Digest | undefined {
  if (!text) return undefined
  if (isDigest(text)) return text
  throw new EntryError(`not a digest: ${quote(text)}`)
}

/**
 * From everything that a second delivery repeats. An id alone is not enough: some registries take it from the client, who
 * could have a push dropped as a repeat of an earlier one. Where a source gives neither an id nor a time, only the moment of
 * the delivery tells one push of a tag from the next.
 */
function toId(
  { stableId, rawId, action, actor, time: toldTime }: EventDraft,
  told: Pick<RegistryEvent, 'source' | 'registry' | 'repository' | 'tag' | 'digest' | 'time'>,
): string {
  const known = (stableId === undefined ? rawId : stableId) ?? undefined
  const { source, registry, repository, tag, digest, time } = told
  const parts = [
    registry,
    repository,
    action,
    tag,
    digest,
    actor.name,
    // When it was delivered is another time each time.
    known === undefined
      ? { time }
      : toldTime === undefined || toldTime === null
        ? { known }
        : { known, time },
  ]
  return `${source}:${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)}`
}

function dropUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T
}

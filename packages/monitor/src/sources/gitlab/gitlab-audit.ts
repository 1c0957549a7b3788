import { z } from 'zod'
import type { EventAction, EventActor } from '../../event/registry-event.ts'
import type { EventFormat } from '../../ports/event-format.ts'
import type { RegistrySourceOptions } from '../distribution/distribution-notifications.ts'
import type { EventDraft } from '../read/create-event.ts'
import { createFormat } from '../read/create-format.ts'
import { EntryError } from '../read/entry-error.ts'
import { listRows } from '../read/list-rows.ts'
import { quote } from '../read/plain-text.ts'
import { checkRegistry } from '../read/repository-name.ts'

const text = z.string().nullish()
const auditEvent = z.object({
  id: z.union([z.string(), z.number()]),
  author_id: z.number().nullish(),
  author_name: text,
  entity_path: text,
  entity_type: text,
  target_details: text,
  ip_address: text,
  created_at: z.unknown().optional(),
  event_type: text,
  details: z
    .object({
      event_name: text,
      author_name: text,
      author_class: text,
      target_details: text,
      entity_path: text,
      custom_message: text,
      ip_address: text,
    })
    .nullish(),
})
type AuditEvent = z.infer<typeof auditEvent>

/** Of a project: who may push, and what is protected. */
const permissions =
  /^(?:member_(?:created|updated|destroyed)|project_visibility_level_updated|container_.*protection.*)$/

/**
 * Audit events of GitLab, streamed or fetched. They tell of deleted tags and repositories and of changed members, and
 * never of a push. Check the stream with `tokenInHeader('x-gitlab-event-streaming-token', …)`.
 *
 * A change of permissions in a project is told of the project: `repository` is its path.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function gitlabAudit(options: RegistrySourceOptions): EventFormat {
  const name = 'gitlab-audit'
  const registry = checkRegistry(options.registry, name)
  return createFormat(
    {
      name,
      mediaTypes: ['application/json'],
      listEntries: (body) => listRows(body),
      readEntry(entry) {
        const event = auditEvent.parse(entry)
        const { details, created_at, id, ip_address } = event
        const type = event.event_type ?? details?.event_name ?? ''
        const change = toChange(type, event)
        if (!change) return []
        const path = event.entity_path ?? details?.entity_path
        const within = event.target_details ?? details?.target_details
        const isWhole = change.action === 'permission-changed' || !within
        const common = {
          action: change.action,
          registry,
          repository: (isWhole ? (path ?? '') : `${path ?? ''}/${within}`).toLowerCase(),
          time: created_at,
          actor: {
            name: event.author_name ?? details?.author_name,
            kind: toKind(event),
            address: ip_address ?? details?.ip_address,
          },
          rawId: id,
        }
        return change.tags ? change.tags.map((tag): EventDraft => ({ ...common, tag })) : [common]
      },
    },
    options,
  )
}

function toChange(
  type: string,
  event: AuditEvent,
): { readonly action: EventAction; readonly tags?: readonly string[] } | undefined {
  if (type === 'container_repository_tags_deleted') {
    const list = /: (.+)$/s.exec(event.details?.custom_message ?? '')?.[1]
    if (list === undefined) throw new EntryError('tags were deleted, and none is named')
    return { action: 'tag-deleted', tags: list.split(', ') }
  }
  if (type === 'container_repository_deletion_marked' || type === 'container_repository_deleted')
    return { action: 'repository-deleted' }
  if (permissions.test(type))
    return event.entity_type === 'Group' ? undefined : { action: 'permission-changed' }
  if (type.startsWith('container_')) throw new EntryError(`a type that is not known: ${quote(type)}`)
  return undefined
}

function toKind({ author_id: id, author_name, details }: AuditEvent): EventActor['kind'] {
  const name = author_name ?? details?.author_name
  if (name === '(System)' || details?.author_class?.endsWith('UnauthenticatedAuthor')) return 'system'
  if (/DeployToken/.test(details?.author_class ?? '') || id === -2) return 'robot'
  if (!name) return 'unknown'
  return /^(?:project|group)_\d+_bot/.test(name) ? 'robot' : 'user'
}

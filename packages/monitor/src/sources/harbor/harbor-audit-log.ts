import { isDigest } from '@sallyport/core'
import { z } from 'zod'
import type { EventAction } from '../../event/registry-event.ts'
import type { EventFormat } from '../../ports/event-format.ts'
import type { EventDraft } from '../read/create-event.ts'
import { createFormat } from '../read/create-format.ts'
import { EntryError } from '../read/entry-error.ts'
import { listRows } from '../read/list-rows.ts'
import { quote } from '../read/plain-text.ts'
import { checkRegistry } from '../read/repository-name.ts'
import { defaultRobotPrefix, toHarborActor } from './harbor-actor.ts'
import type { HarborWebhookOptions } from './harbor-webhook.ts'

const row = z.object({
  id: z.number(),
  username: z.string().nullish(),
  resource: z.string().nullish(),
  resource_type: z.string(),
  operation: z.string(),
  op_time: z.unknown().optional(),
  is_successful: z.boolean().nullish(),
})

/** Changes of who may do what. */
const permissions = new Set([
  'member',
  'project_member',
  'project-member',
  'robot',
  'project',
  'configuration',
  'immutabletag',
  'immutable-tag',
])
/** People, sessions and schedules: they change nothing in a repository. */
const elsewhere = new Set([
  'user',
  'purge_audit',
  'scan',
  'scanner',
  'label',
  'registry',
  'replication',
  'gc',
  'quota',
  'user_group',
])

/**
 * Rows of Harbor's audit log, a page of `/api/v2.0/auditlog-exts` or of the older `/api/v2.0/audit-logs`: the place
 * where Harbor tells of retags. Silent: addresses, and digests where a tag is named.
 *
 * A change of permissions in a project is told of the project: `repository` is its name.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function harborAuditLog(options: HarborWebhookOptions): EventFormat {
  const name = 'harbor-audit'
  const registry = checkRegistry(options.registry, name)
  const { robotPrefix = defaultRobotPrefix } = options
  return createFormat(
    {
      name,
      mediaTypes: ['application/json'],
      listEntries: (body) => listRows(body),
      readEntry(entry) {
        const { id, username, op_time, is_successful, ...what } = row.parse(entry)
        if (is_successful === false || /^(?:pull|read|list|get|login|logout|scan)/.test(what.operation))
          return []
        if (elsewhere.has(what.resource_type)) return []
        const change = toChange(what.resource_type, what.operation, what.resource ?? '')
        const actor = toHarborActor(username, robotPrefix)
        return [{ ...change, registry, time: op_time, actor, rawId: id }]
      },
    },
    options,
  )
}

function toChange(
  type: string,
  operation: string,
  resource: string,
): Pick<EventDraft, 'action' | 'repository' | 'tag' | 'digest'> {
  // `robot$prod+ci` is of the project `prod`.
  const project = type === 'robot' ? /\$([^+]+)\+/.exec(resource)?.[1] : undefined
  if (permissions.has(type)) return { action: 'permission-changed', repository: project ?? resource }
  if (type === 'repository' && operation === 'delete')
    return { action: 'repository-deleted', repository: resource }
  if (type !== 'artifact' && type !== 'tag')
    throw new EntryError(`a resource that is not known: ${quote(type)}`)

  const [, repository, reference] = /^([^:@]+)[:@](.+)$/.exec(resource) ?? []
  if (reference === undefined) throw new EntryError(`not an artifact: ${quote(resource)}`)
  const place = isDigest(reference) ? { repository, digest: reference } : { repository, tag: reference }
  return { action: toAction(operation, place.digest !== undefined), ...place }
}

function toAction(operation: string, isByDigest: boolean): EventAction {
  switch (operation) {
    case 'create':
    case 'push':
    case 'update':
      return 'push'
    case 'delete':
      return isByDigest ? 'manifest-deleted' : 'tag-deleted'
    default:
      throw new EntryError(`an operation that is not known: ${quote(operation)}`)
  }
}

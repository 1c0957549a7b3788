import { z } from 'zod'
import type { EventAction } from '../../event/registry-event.ts'
import type { EventFormat } from '../../ports/event-format.ts'
import type { RegistrySourceOptions } from '../distribution/distribution-notifications.ts'
import type { ActorDraft } from '../read/create-event.ts'
import { createFormat } from '../read/create-format.ts'
import { EntryError } from '../read/entry-error.ts'
import { listRows } from '../read/list-rows.ts'
import { quote } from '../read/plain-text.ts'
import { checkRegistry } from '../read/repository-name.ts'

const log = z.object({
  kind: z.string(),
  metadata: z
    .object({
      namespace: z.string().nullish(),
      repo: z.string().nullish(),
      tag: z.string().nullish(),
      manifest_digest: z.string().nullish(),
      original_manifest_digest: z.string().nullish(),
    })
    .nullish(),
  ip: z.string().nullish(),
  datetime: z.unknown().optional(),
  performer: z.object({ name: z.string().nullish(), is_robot: z.boolean().nullish() }).nullish(),
})

const actions: Readonly<Record<string, EventAction>> = {
  push_repo: 'push',
  create_tag: 'push',
  move_tag: 'tag-moved',
  revert_tag: 'tag-moved',
  delete_tag: 'tag-deleted',
  permanently_delete_tag: 'tag-deleted',
  delete_repo: 'repository-deleted',
  add_repo_permission: 'permission-changed',
  change_repo_permission: 'permission-changed',
  delete_repo_permission: 'permission-changed',
  change_repo_visibility: 'permission-changed',
  change_repo_state: 'permission-changed',
  change_repo_trust: 'permission-changed',
  change_repo_trust_enabled: 'permission-changed',
  add_repo_accesstoken: 'permission-changed',
  delete_repo_accesstoken: 'permission-changed',
}
/** What only reads or failed, and what is about a repository without changing what it holds or who may. */
const ignored =
  /^(?:pull_|verb_|repo_mirror_|repo_verb|create_repo$|set_repo_description$|change_tag_expiration$|manifest_label_|change_tag_immutability$|repo_build)|_failed$|_(?:notification|webhook|trigger)$/

/**
 * A page of Quay's usage logs, `/api/v1/repository/<name>/logs`. Silent: a push by digest, and so each referrer; the
 * digest of pushes; to the second.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function quayLogs(options: RegistrySourceOptions): EventFormat {
  const name = 'quay-logs'
  const registry = checkRegistry(options.registry, name)
  return createFormat(
    {
      name,
      mediaTypes: ['application/json'],
      listEntries: (body) => listRows(body, 'logs'),
      readEntry(entry) {
        const { kind, metadata, ip, datetime, performer } = log.parse(entry)
        const action = Object.hasOwn(actions, kind) ? actions[kind] : undefined
        if (!action) {
          if (ignored.test(kind) || !/repo|tag|manifest/.test(kind)) return []
          throw new EntryError(`a kind that is not known: ${quote(kind)}`)
        }
        return [
          {
            action,
            registry,
            repository: `${metadata?.namespace ?? ''}/${metadata?.repo ?? ''}`,
            tag: metadata?.tag,
            digest: metadata?.manifest_digest,
            previousDigest: metadata?.original_manifest_digest,
            time: datetime,
            actor: toActor(performer, ip),
          },
        ]
      },
    },
    options,
  )
}

function toActor(
  performer: z.infer<typeof log>['performer'],
  address: string | null | undefined,
): ActorDraft {
  const name = performer?.name
  if (!name) return { kind: 'unknown', address }
  return { name, kind: performer.is_robot === true || name.includes('+') ? 'robot' : 'user', address }
}

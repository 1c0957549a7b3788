import { z } from 'zod'
import type { EventFormat } from '../../ports/event-format.ts'
import { type RegistrySourceOptions } from '../distribution/distribution-notifications.ts'
import { createFormat } from '../read/create-format.ts'
import { EntryError } from '../read/entry-error.ts'
import { isRecord, listRows } from '../read/list-rows.ts'
import { checkRegistry } from '../read/repository-name.ts'

const notification = z.object({ repository: z.string(), updated_tags: z.array(z.string()) })
/** Notifications about builds, vulnerabilities, mirrors and expiry have one of these and no tags that moved. */
const otherNotifications = ['build_id', 'vulnerability', 'mirror_repo', 'sync_status', 'expiring_in', 'tags']

/**
 * `repo_push` notifications of Quay. Silent: who, when and which digest; a push by digest, and so each referrer; each
 * deletion.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function quayNotification(options: RegistrySourceOptions): EventFormat {
  const name = 'quay'
  const registry = checkRegistry(options.registry, name)
  return createFormat(
    {
      name,
      mediaTypes: ['application/json'],
      listEntries: (body) => listRows(body),
      readEntry(entry) {
        if (isRecord(entry) && !Object.hasOwn(entry, 'updated_tags'))
          if (otherNotifications.some((key) => Object.hasOwn(entry, key))) return []
        const { repository, updated_tags } = notification.parse(entry)
        if (updated_tags.length === 0) throw new EntryError('a push of no tag')
        return updated_tags.map((tag) => ({
          action: 'push',
          registry,
          repository,
          tag,
          actor: { kind: 'unknown' },
        }))
      },
    },
    options,
  )
}

import type { EventActor } from '../../event/registry-event.ts'
import type { EventFormat } from '../../ports/event-format.ts'
import { type DistributionEvent, distributionEvent } from '../distribution/distribution-event.schema.ts'
import {
  distributionMediaTypes,
  type RegistrySourceOptions,
} from '../distribution/distribution-notifications.ts'
import { readDistributionEvent } from '../distribution/read-distribution-event.ts'
import { createFormat } from '../read/create-format.ts'
import { listRows } from '../read/list-rows.ts'
import { checkRegistry } from '../read/repository-name.ts'

/** How GitLab signs in who pushes. */
const kinds: Readonly<Record<string, EventActor['kind']>> = {
  build: 'robot',
  deploy_token: 'robot',
  personal_access_token: 'user',
  gitlab_or_ldap: 'user',
  gitlab: 'user',
  ldap: 'user',
}

/**
 * Notifications of the registry of a GitLab of your own; gitlab.com sends none. Silent: as `distributionNotifications`.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function gitlabNotifications(options: RegistrySourceOptions): EventFormat {
  const name = 'gitlab'
  const registry = checkRegistry(options.registry, name)
  return createFormat(
    {
      name,
      mediaTypes: distributionMediaTypes,
      listEntries: (body) => listRows(body, 'events'),
      readEntry: (entry) => readDistributionEvent(distributionEvent.parse(entry), { registry, toKind }),
    },
    options,
  )
}

function toKind(actor: DistributionEvent['actor']): EventActor['kind'] {
  const { name, user_type: type } = actor ?? {}
  // Tokens of projects and groups push as users that GitLab made up for them.
  if (name && /^(?:project|group)_\d+_bot/.test(name)) return 'robot'
  if (type && Object.hasOwn(kinds, type)) return kinds[type] ?? 'unknown'
  return name && !type ? 'user' : 'unknown'
}

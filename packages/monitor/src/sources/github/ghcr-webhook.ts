import { isDigest } from '@sallyport/core'
import { z } from 'zod'
import type { EventActor } from '../../event/registry-event.ts'
import type { EventFormat } from '../../ports/event-format.ts'
import { createFormat } from '../read/create-format.ts'
import { EntryError } from '../read/entry-error.ts'
import { isRecord, listRows } from '../read/list-rows.ts'
import { quote } from '../read/plain-text.ts'
import { checkRegistry } from '../read/repository-name.ts'
import type { SenderOptions } from '../sender/sender-check.ts'

/** Options of {@link ghcrWebhook}. */
export type GhcrWebhookOptions = SenderOptions & {
  /** Of a GitHub of your own. Default `ghcr.io`. */
  readonly registry?: string | undefined
}

const named = z.object({ name: z.string().nullish(), digest: z.string().nullish() })
const package_ = z.object({
  name: z.string(),
  namespace: z.string().nullish(),
  owner: z.object({ login: z.string() }).nullish(),
  package_type: z.string(),
  package_version: z
    .object({
      version: z.string().nullish(),
      updated_at: z.unknown().optional(),
      created_at: z.unknown().optional(),
      container_metadata: z
        .object({ tag: named.nullish(), manifest: z.object({ digest: z.string().nullish() }).nullish() })
        .nullish(),
    })
    .nullish(),
})
const payload = z.object({
  action: z.string(),
  registry_package: package_.optional(),
  package: package_.optional(),
  sender: z.object({ login: z.string(), type: z.string().nullish() }).nullish(),
})

const senderKinds: Readonly<Record<string, EventActor['kind']>> = { User: 'user', Bot: 'robot' }

/**
 * `registry_package` and `package` webhooks of GitHub; subscribe to one of them, as both tell of each push. Check them
 * with `githubSignature`. Silent: each deletion, addresses, the subject of referrers; nothing is sent again by itself.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function ghcrWebhook(options: GhcrWebhookOptions): EventFormat {
  const name = 'ghcr'
  const registry = checkRegistry(options.registry ?? 'ghcr.io', name)
  return createFormat(
    {
      name,
      mediaTypes: ['application/json'],
      listEntries: (body) => listRows(body),
      readEntry(entry, { headers }) {
        const isOther =
          isRecord(entry) && !Object.hasOwn(entry, 'registry_package') && !Object.hasOwn(entry, 'package')
        // A ping, or another event that the webhook was subscribed to.
        if (isOther && headers['x-github-event'] !== undefined) return []
        const { action, registry_package, package: plain, sender } = payload.parse(entry)
        const about = registry_package ?? plain
        if (!about) throw new EntryError('an event about no package')
        if (!/^(?:container|docker)$/i.test(about.package_type)) return []
        if (action !== 'published' && action !== 'updated')
          throw new EntryError(`an action that is not known: ${quote(action)}`)
        const { version, updated_at, created_at, container_metadata } = about.package_version ?? {}
        const owner = about.namespace || about.owner?.login
        return [
          {
            action: 'push',
            registry,
            // Owners have capitals, references have none.
            repository: `${owner ?? ''}/${about.name}`.toLowerCase(),
            tag: container_metadata?.tag?.name,
            digest:
              container_metadata?.tag?.digest ||
              container_metadata?.manifest?.digest ||
              (isDigest(version) ? version : undefined),
            time: updated_at ?? created_at,
            actor: { name: sender?.login, kind: senderKinds[sender?.type ?? ''] ?? 'unknown' },
            rawId: headers['x-github-delivery'],
          },
        ]
      },
    },
    options,
  )
}

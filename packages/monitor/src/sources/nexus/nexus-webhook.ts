import { isIP } from 'node:net'
import { isDigest } from '@sallyport/core'
import { z } from 'zod'
import type { PlacedWebhookOptions } from '../artifactory/artifactory-webhook.ts'
import type { EventFormat } from '../../ports/event-format.ts'
import type { ActorDraft } from '../read/create-event.ts'
import { createFormat } from '../read/create-format.ts'
import { EntryError } from '../read/entry-error.ts'
import { isRecord, listRows } from '../read/list-rows.ts'
import { parseManifestPath } from '../read/manifest-path.ts'
import { quote } from '../read/plain-text.ts'
import { placeOf } from '../read/place-image.ts'

const payload = z.object({
  timestamp: z.unknown().optional(),
  initiator: z.string().nullish(),
  repositoryName: z.string(),
  action: z.string(),
  component: z.object({ format: z.string(), name: z.string(), version: z.string().nullish() }).nullish(),
  asset: z.object({ format: z.string(), name: z.string() }).nullish(),
})

/**
 * Webhooks of Nexus Repository about components or assets; subscribe to one of them, as both tell of each push. Check
 * them with `nexusSignature`. Silent: digests of tags, user agents; what a proxy repository fetched looks like a push.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function nexusWebhook(options: PlacedWebhookOptions): EventFormat {
  const name = 'nexus'
  const place = placeOf(options, name)
  return createFormat(
    {
      name,
      mediaTypes: ['application/json'],
      listEntries: (body) => listRows(body),
      readEntry(entry, { headers }) {
        // Webhooks about repositories as such, and the audit, have neither.
        if (isRecord(entry) && !entry['component'] && !entry['asset'] && entry['nodeId'] !== undefined)
          return []
        const { timestamp, initiator, repositoryName, action, component, asset } = payload.parse(entry)
        const { format } = component ?? asset ?? {}
        if (format === undefined) throw new EntryError('an event about nothing')
        if (format !== 'docker') return []
        const image = component
          ? { repository: component.name, reference: component.version ?? '' }
          : parseManifestPath(`/${asset?.name.replace(/^\//, '')}`)
        if (!image) return []
        const where = place(repositoryName, image.repository)
        if (!where) return []
        const isByDigest = isDigest(image.reference)
        return [
          {
            ...where,
            action: toAction(action, isByDigest),
            ...(isByDigest ? { digest: image.reference } : { tag: image.reference }),
            time: timestamp,
            actor: toActor(initiator),
            rawId: headers['x-nexus-webhook-delivery'],
            stableId: null,
          },
        ]
      },
    },
    options,
  )
}

function toAction(action: string, isByDigest: boolean) {
  if (action === 'CREATED' || action === 'UPDATED') return 'push'
  if (action === 'DELETED') return isByDigest ? 'manifest-deleted' : 'tag-deleted'
  throw new EntryError(`an action that is not known: ${quote(action)}`)
}

/** `ci/10.0.0.7`, or `*TASK` for what Nexus does by itself. */
function toActor(initiator: string | null | undefined): ActorDraft {
  if (!initiator) return { kind: 'unknown' }
  const slash = initiator.lastIndexOf('/')
  const hasAddress = slash > 0 && isIP(initiator.slice(slash + 1)) > 0
  const name = hasAddress ? initiator.slice(0, slash) : initiator
  const address = hasAddress ? initiator.slice(slash + 1) : undefined
  const kind = name === 'anonymous' ? 'anonymous' : name.startsWith('*') ? 'system' : 'user'
  return { name, kind, address }
}

import { z } from 'zod'
import type { EventAction } from '../../event/registry-event.ts'
import type { EventFormat } from '../../ports/event-format.ts'
import { createFormat } from '../read/create-format.ts'
import { EntryError } from '../read/entry-error.ts'
import { quote } from '../read/plain-text.ts'
import { toReference } from '../read/repository-name.ts'
import type { SenderOptions } from '../sender/sender-check.ts'
import { type PubSubMessage, unwrapPubSub } from './pub-sub-message.ts'

const change = z.object({
  action: z.string(),
  digest: z.string().nullish(),
  tag: z.string().nullish(),
})

/**
 * Messages of Artifact Registry and Container Registry in the Pub/Sub topic `gcr`, as a push subscription sends them.
 * Check them with `oidcToken`. Silent: who it was, addresses, previous digests, changes of policies.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function garPubSub(options: SenderOptions): EventFormat {
  return createFormat(
    {
      name: 'gar',
      mediaTypes: ['application/json'],
      listEntries: (body) => [unwrapPubSub(body)],
      readEntry(entry) {
        const { data, id, time } = entry as PubSubMessage
        const { action, digest, tag } = change.parse(data)
        const byTag = tag ? toReference(tag) : undefined
        const byDigest = digest ? toReference(digest) : undefined
        const place = byTag ?? byDigest
        if (!place) throw new EntryError('neither a tag nor a digest')
        if (byTag && byDigest && byTag.repository !== byDigest.repository)
          throw new EntryError('tag and digest are of two repositories')
        return [
          {
            action: toAction(action, tag),
            registry: place.registry,
            repository: place.repository,
            tag: byTag?.tag,
            digest: byDigest?.digest,
            time,
            actor: { kind: 'unknown' },
            rawId: id,
          },
        ]
      },
    },
    options,
  )
}

function toAction(action: string, tag: string | null | undefined): EventAction {
  if (action === 'INSERT') return 'push'
  if (action === 'DELETE') return tag ? 'tag-deleted' : 'manifest-deleted'
  throw new EntryError(`an action that is not known: ${quote(action)}`)
}

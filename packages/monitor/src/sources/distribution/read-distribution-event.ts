import type { EventAction, EventActor } from '../../event/registry-event.ts'
import type { EventDraft } from '../read/create-event.ts'
import { EntryError } from '../read/entry-error.ts'
import { quote } from '../read/plain-text.ts'
import type { DistributionEvent } from './distribution-event.schema.ts'

/** Where an event of distribution's form is from. */
export interface DistributionPlace {
  readonly registry: string
  readonly toKind: (actor: DistributionEvent['actor']) => EventActor['kind']
  /** Actions of this registry that are no matter of ours. */
  readonly ignoredActions?: readonly string[] | undefined
}

/** What an event of distribution's form tells: nothing for pulls, and for blobs. */
export function readDistributionEvent(
  event: DistributionEvent,
  place: DistributionPlace,
): readonly EventDraft[] {
  const { id, timestamp, target, request, actor } = event
  if (place.ignoredActions?.includes(event.action)) return []
  const action = toAction(event)
  if (action === undefined) return []
  return [
    {
      action,
      registry: place.registry,
      repository: target.repository,
      tag: target.tag,
      digest: target.digest,
      mediaType: target.mediaType,
      time: timestamp,
      // The address can be chosen by any client with X-Forwarded-For.
      actor: {
        name: actor?.name,
        kind: place.toKind(actor),
        address: request?.addr,
        userAgent: request?.useragent,
      },
      rawId: id,
      requestId: request?.id,
    },
  ]
}

function toAction({ action, target }: DistributionEvent): EventAction | undefined {
  switch (action) {
    case 'push':
      return isBlob(target) ? undefined : 'push'
    case 'delete':
      // Deleting a tagged manifest is told once for the manifest and once for each tag, without its digest.
      if (target.digest) return 'manifest-deleted'
      return target.tag ? 'tag-deleted' : 'repository-deleted'
    case 'pull':
    case 'mount':
      return undefined
    default:
      throw new EntryError(`an action that is not known: ${quote(action)}`)
  }
}

function isBlob({ mediaType, tag, url }: DistributionEvent['target']): boolean {
  return mediaType === 'application/octet-stream' && !tag && !/\/manifests\//.test(url ?? '')
}

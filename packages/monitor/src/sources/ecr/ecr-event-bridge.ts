import { z } from 'zod'
import type { EventAction, RegistryEvent } from '../../event/registry-event.ts'
import type { EventFormat } from '../../ports/event-format.ts'
import { createFormat } from '../read/create-format.ts'
import { EntryError } from '../read/entry-error.ts'
import { listRows } from '../read/list-rows.ts'
import { quote } from '../read/plain-text.ts'
import type { SenderOptions } from '../sender/sender-check.ts'
import { ecrHost } from './ecr-registry.ts'

const event = z.object({
  id: z.string(),
  'detail-type': z.string(),
  source: z.string(),
  account: z.string(),
  region: z.string(),
  time: z.unknown().optional(),
  detail: z.object({
    result: z.string().nullish(),
    'sync-status': z.string().nullish(),
    'repository-name': z.string().nullish(),
    'image-digest': z.string().nullish(),
    'image-tag': z.string().nullish(),
    'action-type': z.string().nullish(),
    'target-storage-class': z.string().nullish(),
    'manifest-media-type': z.string().nullish(),
    'artifact-media-type': z.string().nullish(),
  }),
})
type Detail = z.infer<typeof event>['detail']

/**
 * Events of Amazon ECR from EventBridge, as an API destination sends them: image, referrer, replication and pull-through
 * cache actions. Silent: who it was, addresses, previous digests, changes of policies; best effort only.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function ecrEventBridge(options: SenderOptions): EventFormat {
  return createFormat(
    {
      name: 'ecr',
      mediaTypes: ['application/json'],
      listEntries: (body) => listRows(body),
      readEntry(entry) {
        const { id, 'detail-type': type, source, account, region, time, detail } = event.parse(entry)
        if (source !== 'aws.ecr') throw new EntryError(`not an event of ECR: ${quote(source)}`)
        const change = toChange(type, detail)
        if (!change) return []
        return [
          {
            ...change,
            registry: ecrHost(account, region),
            repository: detail['repository-name'],
            tag: detail['image-tag'],
            digest: detail['image-digest'],
            mediaType: detail['manifest-media-type'],
            artifactType: detail['artifact-media-type'],
            time,
            actor: { kind: change.cause ? 'system' : 'unknown' },
            rawId: id,
          },
        ]
      },
    },
    options,
  )
}

interface Change {
  readonly action: EventAction
  readonly cause?: RegistryEvent['cause']
}

function toChange(type: string, detail: Detail): Change | undefined {
  switch (type) {
    case 'ECR Image Action':
    case 'ECR Artifact Action':
    case 'ECR Referrer Action': {
      if (detail.result !== 'SUCCESS') return undefined
      return { action: toAction(detail, type === 'ECR Referrer Action') }
    }
    case 'ECR Replication Action':
      return detail.result === 'SUCCESS' ? { action: 'push', cause: 'replication' } : undefined
    case 'ECR Pull Through Cache Action':
      return detail['sync-status'] === 'SUCCESS' ? { action: 'push', cause: 'mirror' } : undefined
    case 'ECR Image Scan':
    case 'ECR Scan Resource Change':
      return undefined
    default:
      throw new EntryError(`a detail type that is not known: ${quote(type)}`)
  }
}

function toAction(detail: Detail, isReferrer: boolean): EventAction {
  const gone = isReferrer ? 'referrer-deleted' : detail['image-tag'] ? 'tag-deleted' : 'manifest-deleted'
  switch (detail['action-type']) {
    case 'PUSH':
      return 'push'
    case 'DELETE':
      return gone
    // What is archived can't be pulled until it is restored.
    case 'UPDATE_STORAGE_CLASS':
      return detail['target-storage-class'] === 'STANDARD' ? 'push' : gone
    default:
      throw new EntryError(`an action that is not known: ${quote(detail['action-type'])}`)
  }
}

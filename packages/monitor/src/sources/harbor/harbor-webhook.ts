import { isDigest } from '@sallyport/core'
import type { EventAction } from '../../event/registry-event.ts'
import type { EventFormat } from '../../ports/event-format.ts'
import type { RegistrySourceOptions } from '../distribution/distribution-notifications.ts'
import type { EventDraft } from '../read/create-event.ts'
import { createFormat } from '../read/create-format.ts'
import { EntryError } from '../read/entry-error.ts'
import { isRecord, listRows } from '../read/list-rows.ts'
import { quote } from '../read/plain-text.ts'
import { checkRegistry } from '../read/repository-name.ts'
import { defaultRobotPrefix, toHarborActor } from './harbor-actor.ts'
import { harborCloudEvent, type HarborData, harborPayload } from './harbor-event.schema.ts'

/** Options of {@link harborWebhook}. */
export type HarborWebhookOptions = RegistrySourceOptions & {
  /** How names of robot accounts begin. Default `robot$`. */
  readonly robotPrefix?: string | undefined
}

/** A webhook, from whichever of its two forms. */
interface HarborEvent {
  readonly type: string
  readonly time?: unknown
  readonly operator: string | null | undefined
  readonly rawId?: string | undefined
  readonly requestId?: string | null | undefined
  readonly data: HarborData
}

/** Words of both forms. */
const actions: Readonly<Record<string, EventAction>> = {
  PUSH_ARTIFACT: 'push',
  'harbor.artifact.pushed': 'push',
  CREATE_TAG: 'push',
  'harbor.tag.created': 'push',
  DELETE_ARTIFACT: 'manifest-deleted',
  'harbor.artifact.deleted': 'manifest-deleted',
  DELETE_TAG: 'tag-deleted',
  'harbor.tag.deleted': 'tag-deleted',
  DELETE_REPOSITORY: 'repository-deleted',
}
const ignored =
  /^(?:PULL_ARTIFACT|ARTIFACT_LABELED|SCANNING_\w+|QUOTA_\w+|\w+_CHART|\w+_PROJECT|harbor\.(?:artifact\.(?:pulled|labeled)|scan\.\w+|quota\.\w+|chart\.\w+))$/

/**
 * Webhooks of Harbor, in its own form and as CloudEvents. Silent: retagging and deleting tags in its pages and by its
 * API, addresses, the subject of referrers, further tags of a push; to the second.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function harborWebhook(options: HarborWebhookOptions): EventFormat {
  const name = 'harbor'
  const registry = checkRegistry(options.registry, name)
  const { robotPrefix = defaultRobotPrefix } = options
  return createFormat(
    {
      name,
      mediaTypes: ['application/json', 'application/cloudevents+json'],
      listEntries: (body) => listRows(body),
      readEntry(entry) {
        const event = parse(entry)
        if (event.data.replication) return readReplication(event, registry)
        if (event.data.retention) return readRetention(event, registry)
        return readArtifacts(event, registry, robotPrefix)
      },
    },
    options,
  )
}

function parse(entry: unknown): HarborEvent {
  if (isRecord(entry) && Object.hasOwn(entry, 'specversion')) {
    const { id, requestid, ...event } = harborCloudEvent.parse(entry)
    return { ...event, rawId: id, requestId: requestid, operator: event.operator }
  }
  const { occur_at, event_data, ...event } = harborPayload.parse(entry)
  return { ...event, time: occur_at, data: event_data, operator: event.operator }
}

function readArtifacts(event: HarborEvent, registry: string, robotPrefix: string): readonly EventDraft[] {
  const { type, data } = event
  if (ignored.test(type)) return []
  const action = Object.hasOwn(actions, type) ? actions[type] : undefined
  if (!action) throw new EntryError(`a type that is not known: ${quote(type)}`)
  const place = { ...common(event, registry), actor: toHarborActor(event.operator, robotPrefix) }
  const repository = data.repository?.repo_full_name
  if (action === 'repository-deleted') return [{ ...place, action, repository }]
  if (!data.resources?.length) throw new EntryError('an event about no resource')
  return data.resources.map(({ tag, digest }) => ({ ...place, action, repository, tag, digest }))
}

/** What another registry put here. Replication to elsewhere changes nothing here. */
function readReplication(event: HarborEvent, registry: string): readonly EventDraft[] {
  const { dest_resource: target, successful_artifact: artifacts } = event.data.replication ?? {}
  const endpoint = target?.endpoint ?? ''
  if (!URL.canParse(endpoint) || new URL(endpoint).host !== registry) return []
  return (artifacts ?? []).map(({ name_tag }) => ({
    ...common(event, registry),
    action: 'push',
    ...toPlace(target?.namespace, name_tag),
    actor: { name: event.operator, kind: 'system' },
    cause: 'replication',
  }))
}

function readRetention(event: HarborEvent, registry: string): readonly EventDraft[] {
  const { project_name: project, deleted_artifact: artifacts } = event.data.retention ?? {}
  return (artifacts ?? []).map(({ name_tag }) => {
    const place = toPlace(project, name_tag)
    return {
      ...common(event, registry),
      action: place.tag === undefined ? 'manifest-deleted' : 'tag-deleted',
      ...place,
      actor: { name: event.operator, kind: 'system' },
      cause: 'retention',
    }
  })
}

/** `app:1.0`, `app@sha256:…`, or `app:sha256:…`, perhaps with a remark behind it. */
function toPlace(project: string | null | undefined, text: string) {
  const [named = ''] = text.split(' ', 1)
  const [, name, reference] = /^([^:@]+)(?:[:@](.+))?$/.exec(named) ?? []
  const repository = `${project ?? ''}/${name ?? ''}`
  return isDigest(reference) ? { repository, digest: reference } : { repository, tag: reference }
}

function common({ time, rawId, requestId }: HarborEvent, registry: string) {
  // Each attempt to send a CloudEvent has another id.
  return { registry, time, rawId, requestId, stableId: requestId || null }
}

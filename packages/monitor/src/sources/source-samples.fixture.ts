import { parseInstant } from '@sallyport/policy'
import type { EventFormat } from '../ports/event-format.ts'
import { acrEventGrid } from './azure/acr-event-grid.ts'
import { acrRepositoryEvents } from './azure/acr-repository-events.ts'
import { acrWebhook } from './azure/acr-webhook.ts'
import { artifactoryWebhook } from './artifactory/artifactory-webhook.ts'
import { distributionNotifications } from './distribution/distribution-notifications.ts'
import { dockerHubWebhook } from './docker-hub/docker-hub-webhook.ts'
import { ecrCloudTrail } from './ecr/ecr-cloud-trail.ts'
import { ecrEventBridge } from './ecr/ecr-event-bridge.ts'
import { ghcrWebhook } from './github/ghcr-webhook.ts'
import { gitlabAudit } from './gitlab/gitlab-audit.ts'
import { gitlabNotifications } from './gitlab/gitlab-notifications.ts'
import { garAuditLog } from './google/gar-audit-log.ts'
import { garPubSub } from './google/gar-pub-sub.ts'
import { harborAuditLog } from './harbor/harbor-audit-log.ts'
import { harborWebhook } from './harbor/harbor-webhook.ts'
import { nexusWebhook } from './nexus/nexus-webhook.ts'
import { quayLogs } from './quay/quay-logs.ts'
import { quayNotification } from './quay/quay-notification.ts'
import { digestOfDigit } from './read-delivery.fixture.ts'
import type { SenderOptions } from './sender/sender-check.ts'
import { zotEvents } from './zot/zot-events.ts'

/** What an entry is made of; the tests put in what does not belong there. */
export interface EntryParts {
  readonly repository: string
  readonly tag: string
  /** `undefined` where the source tells none. */
  readonly digest: string
  readonly time: unknown
  readonly actor: string
  /** Ids that tell entries apart. */
  readonly id: string
}

/** A source and how to write an entry of it. */
export interface SourceSample {
  readonly name: string
  readonly create: (sender: SenderOptions) => EventFormat
  readonly entry: (parts: EntryParts) => object
  /** Puts entries into one delivery; absent where one delivery has one. */
  readonly wrap?: (entries: readonly object[]) => unknown
  readonly tells: { readonly digest: boolean; readonly time: boolean; readonly actor: boolean }
}

/** Parts of an entry as it should be. */
export const goodParts: EntryParts = {
  repository: 'prod/app',
  tag: '1.0',
  digest: digestOfDigit('1'),
  time: '2026-11-25T21:40:52.000Z',
  actor: 'ci',
  id: 'entry-1',
}

const registry = 'registry.example'
const all = { digest: true, time: true, actor: true }
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')
/** Sources that count seconds get what is no time as it is. */
const seconds = (time: unknown) => {
  const milliseconds = typeof time === 'string' ? parseInstant(time) : undefined
  return milliseconds === undefined ? time : milliseconds / 1000
}

const distributionEntry = ({ repository, tag, digest, time, actor, id }: EntryParts) => ({
  id,
  timestamp: time,
  action: 'push',
  target: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, repository, tag },
  request: {
    id: 'request-1',
    addr: '10.0.0.7:1',
    host: 'acme.azurecr.io',
    method: 'PUT',
    useragent: 'docker/27',
  },
  actor: { name: actor },
})

/** One of each source that comes in deliveries. */
export const sourceSamples: readonly SourceSample[] = [
  {
    name: 'distribution',
    create: (sender) => distributionNotifications({ registry, ...sender }),
    entry: distributionEntry,
    wrap: (events) => ({ events }),
    tells: all,
  },
  {
    name: 'gitlab',
    create: (sender) => gitlabNotifications({ registry, ...sender }),
    entry: distributionEntry,
    wrap: (events) => ({ events }),
    tells: all,
  },
  {
    name: 'acr',
    create: (sender) => acrWebhook(sender),
    entry: distributionEntry,
    wrap: (entries) => entries,
    tells: all,
  },
  {
    name: 'acr-event-grid',
    create: (sender) => acrEventGrid(sender),
    entry: (parts) => ({
      id: parts.id,
      eventType: 'Microsoft.ContainerRegistry.ImagePushed',
      data: distributionEntry(parts),
    }),
    wrap: (entries) => entries,
    tells: { ...all, time: true },
  },
  {
    name: 'acr-log',
    create: (sender) => acrRepositoryEvents(sender),
    entry: ({ repository, tag, digest, time, actor, id }) => ({
      TimeGenerated: time,
      OperationName: 'Push',
      LoginServer: 'acme.azurecr.io',
      Repository: repository,
      Tag: tag,
      Digest: digest,
      Identity: actor,
      CorrelationId: id,
    }),
    wrap: (records) => ({ records }),
    tells: all,
  },
  {
    name: 'harbor',
    create: (sender) => harborWebhook({ registry, ...sender }),
    entry: ({ repository, tag, digest, time, actor }) => ({
      type: 'PUSH_ARTIFACT',
      occur_at: seconds(time),
      operator: actor,
      event_data: { resources: [{ digest, tag }], repository: { repo_full_name: repository } },
    }),
    wrap: (entries) => entries,
    tells: all,
  },
  {
    name: 'harbor-audit',
    create: (sender) => harborAuditLog({ registry, ...sender }),
    entry: ({ repository, tag, time, actor, id }) => ({
      id: Number.parseInt(id.slice(6), 10),
      username: actor,
      resource: `${repository}:${tag}`,
      resource_type: 'artifact',
      operation: 'create',
      op_time: time,
    }),
    wrap: (entries) => entries,
    tells: { digest: false, time: true, actor: true },
  },
  {
    name: 'quay',
    create: (sender) => quayNotification({ registry, ...sender }),
    entry: ({ repository, tag }) => ({ repository, updated_tags: [tag] }),
    wrap: (entries) => entries,
    tells: { digest: false, time: false, actor: false },
  },
  {
    name: 'quay-logs',
    create: (sender) => quayLogs({ registry, ...sender }),
    entry: ({ repository, tag, digest, time, actor }) => ({
      kind: 'create_tag',
      metadata: {
        namespace: repository.split('/')[0],
        repo: repository.split('/').slice(1).join('/'),
        tag,
        manifest_digest: digest,
      },
      datetime: time,
      performer: { name: actor, is_robot: true },
    }),
    wrap: (logs) => ({ logs }),
    tells: all,
  },
  {
    name: 'ghcr',
    create: (sender) => ghcrWebhook(sender),
    entry: ({ repository, tag, digest, time, actor }) => ({
      action: 'published',
      registry_package: {
        name: repository.split('/').slice(1).join('/'),
        namespace: repository.split('/')[0],
        package_type: 'CONTAINER',
        package_version: { updated_at: time, container_metadata: { tag: { name: tag, digest } } },
      },
      sender: { login: actor, type: 'User' },
    }),
    wrap: (entries) => entries,
    tells: all,
  },
  {
    name: 'docker-hub',
    create: (sender) => dockerHubWebhook(sender),
    entry: ({ repository, tag, time, actor }) => ({
      push_data: { pushed_at: seconds(time), pusher: actor, tag },
      repository: { repo_name: repository },
    }),
    wrap: (entries) => entries,
    tells: { digest: false, time: true, actor: true },
  },
  {
    name: 'ecr',
    create: (sender) => ecrEventBridge(sender),
    entry: ({ repository, tag, digest, time, id }) => ({
      id,
      'detail-type': 'ECR Image Action',
      source: 'aws.ecr',
      account: '111122223333',
      region: 'eu-west-1',
      time,
      detail: {
        result: 'SUCCESS',
        'action-type': 'PUSH',
        'repository-name': repository,
        'image-digest': digest,
        'image-tag': tag,
      },
    }),
    wrap: (entries) => entries,
    tells: { digest: true, time: true, actor: false },
  },
  {
    name: 'ecr-cloudtrail',
    create: (sender) => ecrCloudTrail(sender),
    entry: ({ repository, tag, digest, time, actor, id }) => ({
      eventSource: 'ecr.amazonaws.com',
      eventName: 'PutImage',
      eventTime: time,
      eventID: id,
      awsRegion: 'eu-west-1',
      recipientAccountId: '111122223333',
      userIdentity: { type: 'IAMUser', arn: actor },
      requestParameters: { repositoryName: repository, imageTag: tag, imageDigest: digest },
    }),
    wrap: (records) => ({ Records: records }),
    tells: all,
  },
  {
    name: 'gar',
    create: (sender) => garPubSub(sender),
    entry: ({ repository, tag, digest, time, id }) => ({
      message: {
        messageId: id,
        publishTime: time,
        data: base64({
          action: 'INSERT',
          digest: `europe-docker.pkg.dev/${repository}@${digest}`,
          tag: `europe-docker.pkg.dev/${repository}:${tag}`,
        }),
      },
    }),
    tells: { digest: true, time: true, actor: false },
  },
  {
    name: 'gar-audit',
    create: (sender) => garAuditLog(sender),
    entry: ({ repository, digest, time, actor, id }) => ({
      insertId: id,
      timestamp: time,
      protoPayload: {
        serviceName: 'artifactregistry.googleapis.com',
        methodName: 'Docker-PutManifest',
        resourceName: `projects/acme/locations/europe/repositories/prod/dockerImages/${repository}@${digest}`,
        authenticationInfo: { principalEmail: actor },
      },
    }),
    wrap: (entries) => ({ entries }),
    tells: all,
  },
  {
    name: 'gitlab-audit',
    create: (sender) => gitlabAudit({ registry, ...sender }),
    entry: ({ repository, tag, time, actor, id }) => ({
      id,
      author_name: actor,
      entity_path: repository,
      entity_type: 'Project',
      created_at: time,
      event_type: 'container_repository_tags_deleted',
      details: { custom_message: `Container repository tags marked for deletion: ${tag}` },
    }),
    wrap: (entries) => entries,
    tells: { digest: false, time: true, actor: true },
  },
  {
    name: 'artifactory',
    create: (sender) => artifactoryWebhook({ registry, ...sender }),
    entry: ({ repository, tag, digest }) => ({
      domain: 'docker',
      event_type: 'pushed',
      data: { repo_key: 'prod', image_name: repository, tag, sha256: digest.replace(/^sha256:/, '') },
    }),
    wrap: (entries) => entries,
    tells: { digest: true, time: false, actor: false },
  },
  {
    name: 'nexus',
    create: (sender) => nexusWebhook({ registry, ...sender }),
    entry: ({ repository, tag, time, actor }) => ({
      timestamp: time,
      initiator: actor,
      repositoryName: 'prod',
      action: 'CREATED',
      component: { format: 'docker', name: repository, version: tag },
    }),
    wrap: (entries) => entries,
    tells: { digest: false, time: true, actor: true },
  },
  {
    name: 'zot',
    create: (sender) => zotEvents({ registry, ...sender }),
    entry: ({ repository, tag, digest, time, actor, id }) => ({
      specversion: '1.0',
      id,
      type: 'zotregistry.image.updated',
      time,
      data: { name: repository, reference: tag, digest, actor: { name: actor } },
    }),
    tells: all,
  },
]

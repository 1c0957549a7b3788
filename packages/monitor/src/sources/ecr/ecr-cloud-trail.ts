import type { EventFormat } from '../../ports/event-format.ts'
import type { EventDraft } from '../read/create-event.ts'
import { createFormat } from '../read/create-format.ts'
import { describeManifest } from '../read/describe-manifest.ts'
import { EntryError } from '../read/entry-error.ts'
import { isRecord, listRows } from '../read/list-rows.ts'
import { quote } from '../read/plain-text.ts'
import type { SenderOptions } from '../sender/sender-check.ts'
import { toCloudTrailActor } from './cloud-trail-actor.ts'
import { type CloudTrailRecord, cloudTrailRecord } from './cloud-trail.schema.ts'
import { ecrHost } from './ecr-registry.ts'

/** Changes of who may push, or of whether tags may move. */
const permissions = new Set([
  'PutImageTagMutability',
  'SetRepositoryPolicy',
  'DeleteRepositoryPolicy',
  'PutLifecyclePolicy',
  'DeleteLifecyclePolicy',
])
/** Reading, parts of a push, and what changes neither content nor rights. */
const ignored =
  /^(?:Get|List|Describe|BatchGet|BatchCheck|Validate)|^(?:InitiateLayerUpload|UploadLayerPart|CompleteLayerUpload|StartImageScan|StartLifecyclePolicyPreview|TagResource|UntagResource|CreateRepository|PutImageScanningConfiguration|BatchImportUpstreamImage)$/

/**
 * Records of CloudTrail about Amazon ECR: a log file, an array, one record, or one that EventBridge hands on. Silent:
 * addresses and user agents of docker pushes, which are those of AWS; what the registry as a whole allows is refused
 * with a message, as it is of no one repository.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function ecrCloudTrail(options: SenderOptions): EventFormat {
  return createFormat(
    {
      name: 'ecr-cloudtrail',
      mediaTypes: ['application/json'],
      listEntries: (body) => listRows(body, 'Records'),
      readEntry(entry) {
        const isHandedOn = isRecord(entry) && Object.hasOwn(entry, 'detail-type')
        const record = cloudTrailRecord.parse(isHandedOn ? entry['detail'] : entry)
        const isOurs = record.eventSource === 'ecr.amazonaws.com' && !record.errorCode
        return isOurs && !ignored.test(record.eventName) ? toDrafts(record) : []
      },
    },
    options,
  )
}

function toDrafts(record: CloudTrailRecord): readonly EventDraft[] {
  const { eventName, requestParameters: asked, responseElements: done, serviceEventDetails: details } = record
  const account = asked?.registryId ?? record.recipientAccountId ?? record.userIdentity?.accountId
  const common = {
    registry: ecrHost(account, record.awsRegion),
    repository: asked?.repositoryName,
    time: record.eventTime,
    actor: toCloudTrailActor(record),
    rawId: record.eventID,
    requestId: record.requestID,
  }
  if (permissions.has(eventName)) return [{ ...common, action: 'permission-changed' }]
  switch (eventName) {
    case 'PutImage': {
      const { mediaType, artifactType, subject } = describeManifest(asked?.imageManifest)
      return [
        {
          ...common,
          action: 'push',
          tag: asked?.imageTag ?? done?.image?.imageId?.imageTag,
          digest: done?.image?.imageId?.imageDigest ?? asked?.imageDigest,
          mediaType: done?.image?.imageManifestMediaType ?? asked?.imageManifestMediaType ?? mediaType,
          artifactType,
          subject,
        },
      ]
    }
    case 'BatchDeleteImage': {
      const images = done?.imageIds ?? asked?.imageIds ?? []
      return images.map(({ imageTag, imageDigest }) => ({
        ...common,
        action: imageTag ? 'tag-deleted' : 'manifest-deleted',
        tag: imageTag,
        digest: imageDigest,
      }))
    }
    case 'DeleteRepository':
      return [{ ...common, action: 'repository-deleted' }]
    case 'PolicyExecutionEvent':
      return (details?.lifecycleEventImageActions ?? []).flatMap(
        ({ lifecycleEventImage: { digest, tagList } }) => {
          const gone = { ...common, repository: details?.repositoryName, digest, cause: 'retention' } as const
          const tags = (tagList ?? []).map((tag) => ({ ...gone, action: 'tag-deleted', tag }) as const)
          return [{ ...gone, action: 'manifest-deleted' }, ...tags]
        },
      )
    default:
      throw new EntryError(
        `look at it yourself, it is of no one repository or not known: ${quote(eventName)}`,
      )
  }
}

import { describe, expect, it } from 'vitest'
import { digestOfDigit, happenedAt, readBody, readInShort, unsigned } from '../read-delivery.fixture.ts'
import { ecrCloudTrail } from './ecr-cloud-trail.ts'
import { ecrEventBridge } from './ecr-event-bridge.ts'

const one = digestOfDigit('1')
const two = digestOfDigit('2')
const registry = '111122223333.dkr.ecr.eu-west-1.amazonaws.com'
const usual = { registry, repository: 'prod/app' }

describe('ecrEventBridge', () => {
  const format = ecrEventBridge(unsigned)
  const event = (type: string, detail: object, rest: object = {}) => ({
    version: '0',
    id: '13cde686',
    'detail-type': type,
    source: 'aws.ecr',
    account: '111122223333',
    time: '2026-11-25T21:40:52Z',
    region: 'eu-west-1',
    resources: [],
    detail: { result: 'SUCCESS', 'repository-name': 'prod/app', 'image-digest': one, ...detail },
    ...rest,
  })
  const image = (detail: object, rest?: object) => event('ECR Image Action', detail, rest)
  const told = { digest: one, rawId: '13cde686', actor: { kind: 'unknown' } }
  const sbom = {
    'manifest-media-type': 'application/vnd.oci.image.manifest.v1+json',
    'artifact-media-type': 'text/sbom+json',
  }
  const told2 = { ...told, mediaType: sbom['manifest-media-type'], artifactType: 'text/sbom+json' }

  it.each([
    [
      'a push by tag',
      image({ 'action-type': 'PUSH', 'image-tag': '1.0' }),
      [{ ...told, action: 'push', tag: '1.0' }],
    ],
    ['a push by digest', image({ 'action-type': 'PUSH' }), [{ ...told, action: 'push' }]],
    [
      'a referrer',
      event('ECR Referrer Action', { 'action-type': 'PUSH', ...sbom }),
      [{ ...told2, action: 'push' }],
    ],
    [
      'a deleted referrer',
      event('ECR Referrer Action', { 'action-type': 'DELETE', ...sbom }),
      [{ ...told2, action: 'referrer-deleted' }],
    ],
    [
      'an archived referrer, which is gone for who looks',
      event('ECR Referrer Action', {
        'action-type': 'UPDATE_STORAGE_CLASS',
        'target-storage-class': 'ARCHIVE',
      }),
      [{ ...told, action: 'referrer-deleted' }],
    ],
    [
      'a restored image',
      image({ 'action-type': 'UPDATE_STORAGE_CLASS', 'target-storage-class': 'STANDARD' }),
      [{ ...told, action: 'push' }],
    ],
    [
      'a deleted tag',
      image({ 'action-type': 'DELETE', 'image-tag': '1.0' }),
      [{ ...told, action: 'tag-deleted', tag: '1.0' }],
    ],
    ['a deleted image', image({ 'action-type': 'DELETE' }), [{ ...told, action: 'manifest-deleted' }]],
    [
      'a replication',
      event('ECR Replication Action', {
        'action-type': 'REPLICATE',
        'image-tag': '1',
        'source-region': 'us-east-1',
      }),
      [{ ...told, action: 'push', tag: '1', cause: 'replication', actor: { kind: 'system' } }],
    ],
    [
      'a cached image',
      event('ECR Pull Through Cache Action', { 'sync-status': 'SUCCESS', 'image-tag': '1' }),
      [{ ...told, action: 'push', tag: '1', cause: 'mirror', actor: { kind: 'system' } }],
    ],
    [
      'a registry in China',
      image({ 'action-type': 'PUSH' }, { region: 'cn-north-1' }),
      [{ ...told, action: 'push', registry: '111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn' }],
    ],
    ['a failed push as ignored', image({ 'action-type': 'PUSH', result: 'FAILED' }), 'ignored'],
    ['a failed replication as ignored', event('ECR Replication Action', { result: 'FAILED' }), 'ignored'],
    [
      'a scan as ignored',
      event('ECR Image Scan', { 'scan-status': 'COMPLETE', 'image-tags': [] }),
      'ignored',
    ],
    [
      'another service',
      image({ 'action-type': 'PUSH' }, { source: 'acme.fake' }),
      'refused: not an event of ECR: "acme.fake"',
    ],
    [
      'a type that it does not know',
      event('ECR Party', {}),
      'refused: a detail type that is not known: "ECR Party"',
    ],
    [
      'an action that it does not know',
      image({ 'action-type': 'FOLD' }),
      'refused: an action that is not known: "FOLD"',
    ],
    [
      'an account that is none',
      image({ 'action-type': 'PUSH' }, { account: 'evil.example/' }),
      'refused: not an account and a region: "evil.example/" "eu-west-1"',
    ],
  ])('reads %s', async (_, body, expected) => {
    expect(await readInShort(format, body, usual)).toEqual(expected)
  })
})

describe('ecrCloudTrail', () => {
  const format = ecrCloudTrail(unsigned)
  const role = {
    type: 'AssumedRole',
    arn: 'arn:aws:sts::111122223333:assumed-role/gate/session',
    accountId: '111122223333',
    sessionContext: { sessionIssuer: { type: 'Role', arn: 'arn:aws:iam::111122223333:role/gate' } },
  }
  const record = (eventName: string, requestParameters: object, rest: object = {}) => ({
    eventVersion: '1.08',
    userIdentity: role,
    eventTime: '2026-11-25T21:40:52Z',
    eventSource: 'ecr.amazonaws.com',
    eventName,
    awsRegion: 'eu-west-1',
    sourceIPAddress: 'AWS Internal',
    userAgent: 'AWS Internal',
    requestParameters: { registryId: '111122223333', repositoryName: 'prod/app', ...requestParameters },
    responseElements: null,
    requestID: 'request-1',
    eventID: 'event-1',
    recipientAccountId: '111122223333',
    ...rest,
  })
  const gate = { name: 'arn:aws:iam::111122223333:role/gate', kind: 'robot', userAgent: 'AWS Internal' }
  const told = { actor: gate, rawId: 'event-1', requestId: 'request-1' }
  const referrer = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    subject: { mediaType: 'x', digest: two, size: 2 },
  })
  const as = (userIdentity: object) => record('DeleteRepository', {}, { userIdentity })
  const lifecycle = {
    userIdentity: { accountId: '111122223333', invokedBy: 'AWS Internal' },
    requestParameters: null,
    serviceEventDetails: {
      repositoryName: 'prod/app',
      lifecycleEventImageActions: [
        { lifecycleEventImage: { digest: one, tagStatus: 'Tagged', tagList: ['0.9'] }, rulePriority: 1 },
      ],
    },
  }
  const aws = { name: 'AWS Internal', kind: 'system', userAgent: 'AWS Internal' }
  const retired = { ...told, actor: aws, digest: one, cause: 'retention' }

  it.each([
    [
      'a push by tag',
      record(
        'PutImage',
        { imageTag: '1.0' },
        { responseElements: { image: { imageId: { imageDigest: one, imageTag: '1.0' } } } },
      ),
      [{ ...told, action: 'push', tag: '1.0', digest: one }],
    ],
    [
      'a referrer, by the manifest inside',
      record('PutImage', { imageDigest: one, imageManifest: referrer }),
      [
        {
          ...told,
          action: 'push',
          digest: one,
          subject: two,
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
        },
      ],
    ],
    [
      'a push whose manifest names a subject that is none',
      record('PutImage', { imageTag: '1', imageManifest: '{"subject":{"digest":"sha256:\u001b[2J"}}' }),
      [{ ...told, action: 'push', tag: '1' }],
    ],
    [
      'deleted images',
      record(
        'BatchDeleteImage',
        {},
        { responseElements: { imageIds: [{ imageDigest: one, imageTag: '1' }, { imageDigest: two }] } },
      ),
      [
        { ...told, action: 'tag-deleted', tag: '1', digest: one },
        { ...told, action: 'manifest-deleted', digest: two },
      ],
    ],
    [
      'a deleted repository',
      record('DeleteRepository', { force: true }),
      [{ ...told, action: 'repository-deleted' }],
    ],
    [
      'tags that may move',
      record('PutImageTagMutability', { imageTagMutability: 'MUTABLE' }),
      [{ ...told, action: 'permission-changed' }],
    ],
    [
      'a policy',
      record('SetRepositoryPolicy', { policyText: '{}' }),
      [{ ...told, action: 'permission-changed' }],
    ],
    [
      'what lifecycle deleted',
      record('PolicyExecutionEvent', {}, lifecycle),
      [
        { ...retired, action: 'manifest-deleted' },
        { ...retired, action: 'tag-deleted', tag: '0.9' },
      ],
    ],
    [
      'a record that EventBridge hands on',
      { 'detail-type': 'AWS API Call via CloudTrail', detail: record('DeleteRepository', {}) },
      [{ ...told, action: 'repository-deleted' }],
    ],
    ['what failed as ignored', record('PutImage', {}, { errorCode: 'AccessDenied' }), 'ignored'],
    ['a layer as ignored', record('UploadLayerPart', {}), 'ignored'],
    ['a pull as ignored', record('BatchGetImage', {}), 'ignored'],
    ['another service as ignored', record('PutObject', {}, { eventSource: 's3.amazonaws.com' }), 'ignored'],
    [
      'a policy of the whole registry',
      record('PutRegistryPolicy', {}),
      'refused: look at it yourself, it is of no one repository or not known: "PutRegistryPolicy"',
    ],
  ])('reads %s', async (_, entry, expected) => {
    expect(await readInShort(format, { Records: [entry] }, usual)).toEqual(expected)
  })

  it.each([
    ['a role', role, 'robot'],
    [
      'somebody who signed in by SSO',
      {
        ...role,
        sessionContext: {
          sessionIssuer: {
            arn: 'arn:aws:iam::1:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_1',
          },
        },
      },
      'user',
    ],
    ['a user', { type: 'IAMUser', arn: 'arn:aws:iam::111122223333:user/alice' }, 'user'],
    ['a service', { type: 'AWSService', invokedBy: 'replication.ecr.amazonaws.com' }, 'system'],
    ['another account', { type: 'AWSAccount', accountId: '444455556666' }, 'unknown'],
    ['nobody', {}, 'unknown'],
  ])('takes %s for what it is', async (_, userIdentity, kind) => {
    const { events } = await readBody(format, as(userIdentity))
    expect(events[0]?.actor.kind).toBe(kind)
    expect(events[0]?.time).toBe(happenedAt)
  })
})

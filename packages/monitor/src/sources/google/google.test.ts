import { describe, expect, it } from 'vitest'
import { digestOfDigit, happenedAt, readBody, readInShort, unsigned } from '../read-delivery.fixture.ts'
import { garAuditLog } from './gar-audit-log.ts'
import { garPubSub } from './gar-pub-sub.ts'

const one = digestOfDigit('1')
const host = 'europe-docker.pkg.dev'
const usual = { registry: host, repository: 'acme/prod/app' }

const message = (data: unknown, rest: object = {}) => ({
  message: {
    data: Buffer.from(JSON.stringify(data)).toString('base64'),
    messageId: '1234',
    publishTime: happenedAt,
    ...rest,
  },
  subscription: 'projects/acme/subscriptions/gcr',
})

describe('garPubSub', () => {
  const format = garPubSub(unsigned)
  const told = { rawId: '1234', actor: { kind: 'unknown' } }
  const digest = `${host}/acme/prod/app@${one}`
  const tag = `${host}/acme/prod/app:1.0`

  it.each([
    [
      'a push by tag',
      { action: 'INSERT', digest, tag },
      [{ ...told, action: 'push', digest: one, tag: '1.0' }],
    ],
    [
      'a push by digest, such as a child of an index',
      { action: 'INSERT', digest },
      [{ ...told, action: 'push', digest: one }],
    ],
    ['a deleted tag', { action: 'DELETE', tag }, [{ ...told, action: 'tag-deleted', tag: '1.0' }]],
    ['a deleted image', { action: 'DELETE', digest }, [{ ...told, action: 'manifest-deleted', digest: one }]],
    [
      'the older registry',
      { action: 'INSERT', tag: 'eu.gcr.io/acme/app:1' },
      [{ ...told, action: 'push', tag: '1', registry: 'eu.gcr.io', repository: 'acme/app' }],
    ],
    ['nothing named', { action: 'INSERT' }, 'refused: neither a tag nor a digest'],
    [
      'two repositories at once',
      { action: 'INSERT', digest, tag: `${host}/acme/dev/app:1` },
      'refused: tag and digest are of two repositories',
    ],
    [
      'an action that it does not know',
      { action: 'UPSERT', tag },
      'refused: an action that is not known: "UPSERT"',
    ],
  ])('reads %s', async (_, data, expected) => {
    expect(await readInShort(format, message(data), usual)).toEqual(expected)
  })

  it.each([
    ['no message', {}],
    ['data that is no JSON', { message: { data: 'AAAA' } }],
  ])('refuses %s', async (_, body) => {
    await expect(readBody(format, body)).rejects.toMatchObject({ code: 'DELIVERY_INVALID', status: 400 })
  })
})

describe('garAuditLog', () => {
  const format = garAuditLog(unsigned)
  const prefix = 'projects/acme/locations/europe/repositories/prod'
  const robot = 'gate@acme.iam.gserviceaccount.com'
  const entry = (methodName: string, resourceName: string, rest: object = {}) => ({
    insertId: 'insert-1',
    logName: 'projects/acme/logs/cloudaudit.googleapis.com%2Fdata_access',
    timestamp: happenedAt,
    protoPayload: {
      '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
      serviceName: 'artifactregistry.googleapis.com',
      methodName,
      resourceName,
      status: {},
      authenticationInfo: { principalEmail: robot },
      requestMetadata: { callerIp: '203.0.113.7', callerSuppliedUserAgent: 'docker/27' },
      ...rest,
    },
  })
  const from = { address: '203.0.113.7', userAgent: 'docker/27' }
  const actor = { name: robot, kind: 'robot', ...from }
  const told = { actor, rawId: 'insert-1' }
  const api = 'google.devtools.artifactregistry.v1.ArtifactRegistry'
  const agent = 'service-1@gcp-sa-artifactregistry.iam.gserviceaccount.com'

  it.each([
    [
      'a push',
      entry('Docker-PutManifest', `${prefix}/dockerImages/app@${one}`),
      [{ ...told, action: 'push', digest: one }],
    ],
    [
      'a deleted tag',
      entry('Docker-DeleteTag', `${prefix}/packages/app/tags/1.0`),
      [{ ...told, action: 'tag-deleted', tag: '1.0' }],
    ],
    [
      'a deleted image',
      entry('Docker-DeleteManifest', `${prefix}/packages/app/versions/${one}`),
      [{ ...told, action: 'manifest-deleted', digest: one }],
    ],
    [
      'a tag that was made',
      entry(`${api}.CreateTag`, `${prefix}/packages/app/tags/1.0`),
      [{ ...told, action: 'push', tag: '1.0' }],
    ],
    [
      'a tag that was moved',
      entry(`${api}.UpdateTag`, `${prefix}/packages/team%2Fapp/tags/1.0`),
      [{ ...told, action: 'tag-moved', tag: '1.0', repository: 'acme/prod/team/app' }],
    ],
    [
      'a deleted package',
      entry(`${api}.DeletePackage`, `${prefix}/packages/app`),
      [{ ...told, action: 'repository-deleted' }],
    ],
    [
      'a policy',
      entry(`${api}.SetIamPolicy`, prefix),
      [{ ...told, action: 'permission-changed', repository: 'acme/prod' }],
    ],
    [
      'a cleanup',
      entry(`${api}.BatchDeleteVersions`, prefix, {
        authenticationInfo: { principalEmail: agent },
        request: { names: [`${prefix}/packages/app/versions/${one}`] },
      }),
      [
        {
          ...told,
          action: 'manifest-deleted',
          digest: one,
          cause: 'retention',
          actor: { name: agent, kind: 'system', ...from },
        },
      ],
    ],
    [
      'a person',
      entry('Docker-PutManifest', `${prefix}/dockerImages/app@${one}`, {
        authenticationInfo: { principalEmail: 'alice@acme.example' },
      }),
      [
        {
          ...told,
          action: 'push',
          digest: one,
          actor: { name: 'alice@acme.example', kind: 'user', ...from },
        },
      ],
    ],
    ['a pull as ignored', entry('Docker-GetManifest', prefix), 'ignored'],
    ['a layer as ignored', entry('Docker-FinishUpload', prefix), 'ignored'],
    ['what failed as ignored', entry('Docker-PutManifest', prefix, { status: { code: 7 } }), 'ignored'],
    ['another service as ignored', entry('X', prefix, { serviceName: 'storage.googleapis.com' }), 'ignored'],
    [
      'a push that names no image',
      entry('Docker-PutManifest', prefix),
      `refused: names no image: "${prefix}"`,
    ],
    [
      'a method that it does not know',
      entry('Docker-Explode', prefix),
      'refused: a method that is not known: "Docker-Explode"',
    ],
  ])('reads %s', async (_, logged, expected) => {
    expect(await readInShort(format, { entries: [logged] }, usual)).toEqual(expected)
  })

  it('reads an entry that a sink sends through Pub/Sub', async () => {
    const body = message(entry('Docker-DeleteTag', `${prefix}/packages/app/tags/1.0`))
    expect(await readInShort(format, body, usual)).toEqual([{ ...told, action: 'tag-deleted', tag: '1.0' }])
  })
})

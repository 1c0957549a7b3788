import { describe, expect, it } from 'vitest'
import { digestOfDigit, happenedAt, readBody, readInShort, unsigned } from '../read-delivery.fixture.ts'
import { harborWebhook } from './harbor-webhook.ts'

const registry = 'hub.example'
const format = harborWebhook({ registry, ...unsigned })
const one = digestOfDigit('1')
const usual = { registry, repository: 'prod/app' }
const robot = { name: 'robot$prod+ci', kind: 'robot' }

const payload = (type: string, resources: object[], rest: object = {}) => ({
  type,
  occur_at: Date.parse(happenedAt) / 1000,
  operator: 'robot$prod+ci',
  event_data: {
    resources,
    repository: {
      date_created: 1764100000,
      name: 'app',
      namespace: 'prod',
      repo_full_name: 'prod/app',
      repo_type: 'private',
    },
  },
  ...rest,
})
const tagged = { digest: one, tag: '1.0', resource_url: 'hub.example/prod/app:1.0' }
const untagged = { digest: one, tag: one, resource_url: `hub.example/prod/app@${one}` }
const replication = (endpoint: string) =>
  payload('REPLICATION', [], {
    operator: 'MANUAL',
    event_data: {
      replication: {
        harbor_hostname: 'hub.example',
        job_status: 'Success',
        src_resource: {
          registry_type: 'docker-hub',
          endpoint: 'https://hub.docker.com',
          namespace: 'library',
        },
        dest_resource: { registry_type: 'harbor', endpoint, namespace: 'prod' },
        successful_artifact: [
          { type: 'image', status: 'Success', name_tag: 'app:1.0' },
          { type: 'image', status: 'Success', name_tag: 'app [1 item(s) in total]' },
        ],
      },
    },
  })
const system = (name: string) => ({ name, kind: 'system' })

describe('harborWebhook', () => {
  it.each([
    [
      'a push by tag by a robot',
      payload('PUSH_ARTIFACT', [tagged]),
      [{ action: 'push', actor: robot, digest: one, tag: '1.0' }],
    ],
    [
      'a push by digest, whose tag is the digest',
      payload('PUSH_ARTIFACT', [untagged], { operator: 'alice' }),
      [{ action: 'push', actor: { name: 'alice', kind: 'user' }, digest: one }],
    ],
    [
      'a deleted artifact',
      payload('DELETE_ARTIFACT', [tagged, untagged]),
      [
        { action: 'manifest-deleted', actor: robot, digest: one, tag: '1.0' },
        { action: 'manifest-deleted', actor: robot, digest: one },
      ],
    ],
    [
      'nobody named',
      payload('PUSH_ARTIFACT', [untagged], { operator: '' }),
      [{ action: 'push', actor: { kind: 'unknown' }, digest: one }],
    ],
    ['a pull as ignored', payload('PULL_ARTIFACT', [tagged], { operator: 'anonymous' }), 'ignored'],
    ['a scan as ignored', payload('SCANNING_COMPLETED', [{ ...tagged, scan_overview: {} }]), 'ignored'],
    ['a quota as ignored', payload('QUOTA_WARNING', []), 'ignored'],
    [
      'what was replicated to here',
      replication('https://hub.example'),
      [
        { action: 'push', tag: '1.0', actor: system('MANUAL'), cause: 'replication' },
        { action: 'push', actor: system('MANUAL'), cause: 'replication' },
      ],
    ],
    ['what was replicated to elsewhere as ignored', replication('https://other.example'), 'ignored'],
    [
      'what retention deleted',
      payload('TAG_RETENTION', [], {
        operator: 'SCHEDULE',
        event_data: {
          retention: {
            total: 3,
            retained: 1,
            project_name: 'prod',
            result: 'SUCCESS',
            deleted_artifact: [
              { type: 'image', status: 'SUCCESS', name_tag: 'app:0.9' },
              { type: 'image', status: 'SUCCESS', name_tag: `app@${one}` },
            ],
          },
        },
      }),
      [
        { action: 'tag-deleted', tag: '0.9', actor: system('SCHEDULE'), cause: 'retention' },
        { action: 'manifest-deleted', digest: one, actor: system('SCHEDULE'), cause: 'retention' },
      ],
    ],
    [
      'a type that it does not know',
      payload('MAKE_COFFEE', []),
      'refused: a type that is not known: "MAKE_COFFEE"',
    ],
    ['a push of nothing', payload('PUSH_ARTIFACT', []), 'refused: an event about no resource'],
  ])('reads %s', async (_, body, expected) => {
    expect(await readInShort(format, body, usual)).toEqual(expected)
  })

  const cloudEvent = (type: string, id = '4b2f89a6') => ({
    specversion: '1.0',
    requestid: '2eedfab8',
    id,
    source: '/projects/1/webhook/policies/3',
    type,
    datacontenttype: 'application/json',
    time: '2026-11-25T21:40:52Z',
    data: payload('', [tagged]).event_data,
    operator: 'robot$prod+ci',
  })
  const type = { 'content-type': 'application/cloudevents+json' }

  it.each([
    ['harbor.artifact.pushed', 'push'],
    ['harbor.tag.created', 'push'],
    ['harbor.artifact.deleted', 'manifest-deleted'],
    ['harbor.artifact.pulled', undefined],
    ['harbor.scan.completed', undefined],
  ])('reads the CloudEvent %s as %s', async (name, action) => {
    const change = { action, actor: robot, digest: one, tag: '1.0', rawId: '4b2f89a6', requestId: '2eedfab8' }
    expect(await readInShort(format, cloudEvent(name), usual, type)).toEqual(action ? [change] : 'ignored')
  })

  it('gives one id to a CloudEvent that is sent again under another', async () => {
    const ids = ['one', 'two'].map(
      async (id) => (await readBody(format, cloudEvent('harbor.artifact.pushed', id), type)).events[0]?.id,
    )
    expect(new Set(await Promise.all(ids)).size).toBe(1)
  })

  // Harbor takes `X-Request-Id` from the client.
  it('takes no push for a repeat of an earlier one because of an id that the client chose', async () => {
    const push = cloudEvent('harbor.artifact.pushed')
    const { events } = await readBody(format, [push, { ...push, time: '2026-11-25T21:45:52Z' }], type)
    expect(new Set(events.map(({ id }) => id)).size).toBe(2)
  })

  it('knows robots by the prefix that was set', async () => {
    const other = harborWebhook({ registry, robotPrefix: 'bot+', ...unsigned })
    const { events } = await readBody(other, payload('PUSH_ARTIFACT', [tagged], { operator: 'bot+ci' }))
    expect(events[0]?.actor).toEqual({ name: 'bot+ci', kind: 'robot' })
  })
})

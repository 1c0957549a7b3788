import { describe, expect, it } from 'vitest'
import {
  digestOfDigit,
  happenedAt,
  readBody,
  readInShort,
  receivedAt,
  unsigned,
} from '../read-delivery.fixture.ts'
import { quayLogs } from './quay-logs.ts'
import { quayNotification } from './quay-notification.ts'

const registry = 'quay.example'
const usual = { registry, repository: 'prod/app' }
const one = digestOfDigit('1')
const two = digestOfDigit('2')

describe('quayNotification', () => {
  const format = quayNotification({ registry, ...unsigned })
  const notification = (rest: object) => ({
    name: 'app',
    repository: 'prod/app',
    namespace: 'prod',
    docker_url: 'quay.example/prod/app',
    homepage: 'https://quay.example/repository/prod/app',
    ...rest,
  })
  const push = { action: 'push', actor: { kind: 'unknown' }, time: receivedAt.toISOString() }

  it.each([
    ['a push', notification({ updated_tags: ['1.0'] }), [{ ...push, tag: '1.0' }]],
    [
      'a push of two tags',
      notification({ updated_tags: ['1', '2'] }),
      [
        { ...push, tag: '1' },
        { ...push, tag: '2' },
      ],
    ],
    ['a build as ignored', notification({ build_id: 'x', trigger_kind: 'github' }), 'ignored'],
    [
      'vulnerabilities as ignored',
      notification({ vulnerability: { id: 'CVE-1' }, tags: ['1.0'] }),
      'ignored',
    ],
    ['a push of nothing', notification({ updated_tags: [] }), 'refused: a push of no tag'],
    [
      'something else',
      notification({}),
      'refused: updated_tags: Invalid input: expected array, received undefined',
    ],
  ])('reads %s', async (_, body, expected) => {
    expect(await readInShort(format, body, usual)).toEqual(expected)
  })

  it('takes the same text at another time for another push, since the text would be the same', async () => {
    const body = Buffer.from(JSON.stringify(notification({ updated_tags: ['1.0'] })))
    const ids = [0, 1].map(async (ms) => {
      const delivery = { headers: {}, body }
      return (await format.read(delivery, { receivedAt: new Date(receivedAt.getTime() + ms) })).events[0]?.id
    })
    expect(new Set(await Promise.all(ids)).size).toBe(2)
  })
})

describe('quayLogs', () => {
  const format = quayLogs({ registry, ...unsigned })
  const log = (kind: string, metadata: object = {}, rest: object = {}) => ({
    kind,
    metadata: { namespace: 'prod', repo: 'app', ...metadata },
    ip: '10.0.0.7',
    datetime: 'Wed, 25 Nov 2026 21:40:52 -0000',
    performer: { kind: 'user', name: 'prod+ci', is_robot: true },
    ...rest,
  })
  const actor = { name: 'prod+ci', kind: 'robot', address: '10.0.0.7' }

  it.each([
    ['a push', log('push_repo', { tag: '1.0' }), [{ action: 'push', actor, tag: '1.0' }]],
    [
      'a tag that was made',
      log('create_tag', { tag: '1.0', manifest_digest: one }),
      [{ action: 'push', actor, tag: '1.0', digest: one }],
    ],
    [
      'a tag that was moved',
      log('move_tag', { tag: '1.0', manifest_digest: one, original_manifest_digest: two }),
      [{ action: 'tag-moved', actor, tag: '1.0', digest: one, previousDigest: two }],
    ],
    [
      'a tag that was moved back',
      log('revert_tag', { tag: '1.0', manifest_digest: one }),
      [{ action: 'tag-moved', actor, tag: '1.0', digest: one }],
    ],
    ['a deleted tag', log('delete_tag', { tag: '1.0' }), [{ action: 'tag-deleted', actor, tag: '1.0' }]],
    ['a deleted repository', log('delete_repo'), [{ action: 'repository-deleted', actor }]],
    [
      'changed permissions',
      log('change_repo_permission', { role: 'write' }),
      [{ action: 'permission-changed', actor }],
    ],
    [
      'changed visibility',
      log('change_repo_visibility', { visibility: 'public' }),
      [{ action: 'permission-changed', actor }],
    ],
    [
      'a person',
      log('push_repo', { tag: '1' }, { performer: { kind: 'user', name: 'alice', is_robot: false } }),
      [{ action: 'push', tag: '1', actor: { name: 'alice', kind: 'user', address: '10.0.0.7' } }],
    ],
    [
      'nobody',
      log('push_repo', { tag: '1' }, { performer: null }),
      [{ action: 'push', tag: '1', actor: { kind: 'unknown', address: '10.0.0.7' } }],
    ],
    ['a pull as ignored', log('pull_repo'), 'ignored'],
    ['a push that failed as ignored', log('push_repo_failed'), 'ignored'],
    [
      'a mirror’s log as ignored, since its pushes are there too',
      log('repo_mirror_sync_tag_success'),
      'ignored',
    ],
    ['what is about an organisation as ignored', log('org_add_team_member'), 'ignored'],
    ['a kind that it does not know', log('swap_tag'), 'refused: a kind that is not known: "swap_tag"'],
  ])('reads %s', async (_, entry, expected) => {
    expect(await readInShort(format, { start_time: '', end_time: '', logs: [entry] }, usual)).toEqual(
      expected,
    )
  })

  it('reads the time of mail', async () => {
    const { events } = await readBody(format, { logs: [log('delete_repo')] })
    expect(events[0]?.time).toBe(happenedAt)
  })
})

import { describe, expect, it } from 'vitest'
import { digestOfDigit, readBody, readInShort, unsigned } from '../read-delivery.fixture.ts'
import { fetchedByCaller } from '../sender/sender-check.ts'
import { harborAuditLog } from './harbor-audit-log.ts'

const registry = 'hub.example'
const format = harborAuditLog({ registry, ...unsigned })
const one = digestOfDigit('1')
const usual = { registry, repository: 'prod/app' }

const row = (resource_type: string, operation: string, resource: string, rest: object = {}) => ({
  id: 991,
  username: 'alice',
  resource,
  resource_type,
  operation,
  operation_description: `${operation} ${resource_type}`,
  op_time: '2026-11-25T21:40:52.000Z',
  is_successful: true,
  ...rest,
})
const told = { actor: { name: 'alice', kind: 'user' }, rawId: '991' }

describe('harborAuditLog', () => {
  it.each([
    ['a push by tag', row('artifact', 'create', 'prod/app:1.0'), [{ ...told, action: 'push', tag: '1.0' }]],
    [
      'a push by digest',
      row('artifact', 'create', `prod/app:${one}`),
      [{ ...told, action: 'push', digest: one }],
    ],
    [
      'a deleted artifact',
      row('artifact', 'delete', `prod/app:${one}`),
      [{ ...told, action: 'manifest-deleted', digest: one }],
    ],
    [
      'a tag that was set in the pages',
      row('tag', 'create', 'prod/app:1.0'),
      [{ ...told, action: 'push', tag: '1.0' }],
    ],
    [
      'a tag that was deleted in the pages',
      row('tag', 'delete', 'prod/app:1.0'),
      [{ ...told, action: 'tag-deleted', tag: '1.0' }],
    ],
    [
      'a deleted repository',
      row('repository', 'delete', 'prod/app'),
      [{ ...told, action: 'repository-deleted' }],
    ],
    [
      'a member of a project',
      row('member', 'create', 'prod'),
      [{ ...told, action: 'permission-changed', repository: 'prod' }],
    ],
    [
      'a robot of a project',
      row('robot', 'create', 'robot$prod+ci'),
      [{ ...told, action: 'permission-changed', repository: 'prod' }],
    ],
    [
      'the older form, of a robot',
      {
        id: 5,
        username: 'robot$ci',
        resource: 'prod/app:2',
        resource_type: 'artifact',
        operation: 'create',
        op_time: '2026-11-25T21:40:52Z',
      },
      [{ action: 'push', tag: '2', actor: { name: 'robot$ci', kind: 'robot' }, rawId: '5' }],
    ],
    ['a pull as ignored', row('artifact', 'pull', 'prod/app:1.0'), 'ignored'],
    ['a failure as ignored', row('artifact', 'delete', 'prod/app:1.0', { is_successful: false }), 'ignored'],
    ['a login as ignored', row('user', 'login', 'alice'), 'ignored'],
    [
      'a type that it does not know',
      row('coffee', 'make', 'prod'),
      'refused: a resource that is not known: "coffee"',
    ],
    [
      'an operation that it does not know',
      row('tag', 'paint', 'prod/app:1'),
      'refused: an operation that is not known: "paint"',
    ],
    [
      'an artifact without a name',
      row('artifact', 'create', 'prod/app'),
      'refused: not an artifact: "prod/app"',
    ],
  ])('reads %s', async (_, entry, expected) => {
    expect(await readInShort(format, [entry], usual)).toEqual(expected)
  })

  it('reads pages that were fetched, and takes nothing over HTTP when it is for those', async () => {
    const fetched = harborAuditLog({ registry, sender: fetchedByCaller() })
    const body = Buffer.from(JSON.stringify([row('tag', 'create', 'prod/app:1.0')]))
    const receivedAt = new Date()
    expect((await fetched.read({ headers: {}, body }, { receivedAt })).events).toHaveLength(1)
    await expect(readBody(fetched, [])).rejects.toMatchObject({ code: 'DELIVERY_REFUSED' })
  })
})

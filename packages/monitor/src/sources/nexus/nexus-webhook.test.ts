import { describe, expect, it } from 'vitest'
import { digestOfDigit, readInShort, unsigned } from '../read-delivery.fixture.ts'
import { nexusWebhook } from './nexus-webhook.ts'

const registry = 'nexus.example:8443'
const one = digestOfDigit('1')
const usual = { registry, repository: 'prod-docker/app' }
const format = nexusWebhook({ registry, ...unsigned })

const payload = (action: string, what: object, rest: object = {}) => ({
  timestamp: '2026-11-25T21:40:52.000+0000',
  nodeId: '7FFA7361-6ED33978',
  initiator: 'ci/10.0.0.7',
  repositoryName: 'prod-docker',
  action,
  ...what,
  ...rest,
})
const component = (version: string, format = 'docker') => ({
  component: { id: '0890', componentId: 'bnBt', format, name: 'app', version },
})
const asset = (name: string) => ({ asset: { id: '0890', assetId: 'bnBt', format: 'docker', name } })
const told = { actor: { name: 'ci', kind: 'user', address: '10.0.0.7' } }
const by = (initiator: string) => payload('DELETED', component('1.0'), { initiator })

describe('nexusWebhook', () => {
  it.each([
    ['a push by tag', payload('CREATED', component('1.0')), [{ ...told, action: 'push', tag: '1.0' }]],
    ['a push over a tag', payload('UPDATED', component('1.0')), [{ ...told, action: 'push', tag: '1.0' }]],
    ['a push by digest', payload('CREATED', component(one)), [{ ...told, action: 'push', digest: one }]],
    [
      'a manifest as an asset',
      payload('CREATED', asset('/v2/app/manifests/1.0')),
      [{ ...told, action: 'push', tag: '1.0' }],
    ],
    ['a deleted tag', payload('DELETED', component('1.0')), [{ ...told, action: 'tag-deleted', tag: '1.0' }]],
    [
      'a deleted manifest',
      payload('DELETED', asset(`v2/app/manifests/${one}`)),
      [{ ...told, action: 'manifest-deleted', digest: one }],
    ],
    [
      'nobody signed in',
      by('anonymous/fe80::1%eth0'),
      [
        {
          action: 'tag-deleted',
          tag: '1.0',
          actor: { name: 'anonymous', kind: 'anonymous', address: 'fe80::1%eth0' },
        },
      ],
    ],
    [
      'a task of Nexus',
      by('*TASK'),
      [{ action: 'tag-deleted', tag: '1.0', actor: { name: '*TASK', kind: 'system' } }],
    ],
    [
      'a name with a slash',
      by('a/b/10.0.0.7'),
      [{ action: 'tag-deleted', tag: '1.0', actor: { name: 'a/b', kind: 'user', address: '10.0.0.7' } }],
    ],
    ['a blob as ignored', payload('CREATED', asset(`v2/-/blobs/${one}`)), 'ignored'],
    ['a package of another kind as ignored', payload('CREATED', component('1.0', 'npm')), 'ignored'],
    [
      'an event about a repository as such as ignored',
      payload('UPDATED', { repository: { name: 'prod-docker' } }),
      'ignored',
    ],
    [
      'an action that it does not know',
      payload('PAINTED', component('1.0')),
      'refused: an action that is not known: "PAINTED"',
    ],
  ])('reads %s', async (_, body, expected) => {
    expect(await readInShort(format, body, usual)).toEqual(expected)
  })
})

import { describe, expect, it } from 'vitest'
import { happenedAt, readBody, readInShort, unsigned } from '../read-delivery.fixture.ts'
import { dockerHubWebhook } from './docker-hub-webhook.ts'

const payload = (push: object, repo_name = 'acme/app') => ({
  callback_url: 'https://registry.hub.docker.com/u/acme/app/hook/1/',
  push_data: { pushed_at: Date.parse(happenedAt) / 1000, pusher: 'ci', tag: '1.0', ...push },
  repository: { repo_name, namespace: 'acme', name: 'app', status: 'Active' },
})
const usual = { registry: 'docker.io', repository: 'acme/app' }

describe('dockerHubWebhook', () => {
  it.each([
    ['a push', payload({}), [{ action: 'push', tag: '1.0', actor: { name: 'ci', kind: 'user' } }]],
    [
      'a push by nobody named',
      payload({ pusher: '' }),
      [{ action: 'push', tag: '1.0', actor: { kind: 'unknown' } }],
    ],
    [
      'an official image',
      payload({}, 'alpine'),
      [{ action: 'push', tag: '1.0', actor: { name: 'ci', kind: 'user' }, repository: 'library/alpine' }],
    ],
  ])('reads %s', async (_, body, expected) => {
    expect(await readInShort(dockerHubWebhook(unsigned), body, usual)).toEqual(expected)
  })

  it('tells two pushes of a tag in one second apart, and shows nobody where to call back', async () => {
    const again = { ...payload({}), callback_url: 'https://registry.hub.docker.com/u/acme/app/hook/2/' }
    const { events } = await readBody(dockerHubWebhook(unsigned), [payload({}), again, payload({})])
    expect(new Set(events.map(({ id }) => id)).size).toBe(2)
    expect(JSON.stringify(events)).not.toContain('hook')
  })
})

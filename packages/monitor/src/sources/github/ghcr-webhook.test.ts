import { describe, expect, it } from 'vitest'
import { digestOfDigit, happenedAt, readBody, readInShort, unsigned } from '../read-delivery.fixture.ts'
import { ghcrWebhook } from './ghcr-webhook.ts'

const format = ghcrWebhook(unsigned)
const one = digestOfDigit('1')
const usual = { registry: 'ghcr.io', repository: 'octo-org/app' }
const headers = { 'x-github-event': 'registry_package', 'x-github-delivery': '72d3162e' }

const about = (version: object, rest: object = {}) => ({
  id: 1,
  name: 'app',
  namespace: 'Octo-Org',
  package_type: 'CONTAINER',
  package_version: {
    version: one,
    updated_at: happenedAt,
    package_url: 'ghcr.io/octo-org/app:1.0',
    ...version,
  },
  ...rest,
})
const payload = (version: object, rest: object = {}, entry: object = {}) => ({
  action: 'published',
  registry_package: about(version, rest),
  sender: { login: 'octocat', type: 'User' },
  ...entry,
})
const tagged = { container_metadata: { tag: { name: '1.0', digest: one }, manifest: {}, labels: {} } }
const octocat = { name: 'octocat', kind: 'user' }
const told = { action: 'push', digest: one, actor: octocat, rawId: '72d3162e' }

describe('ghcrWebhook', () => {
  it.each([
    ['a push by tag', payload(tagged), [{ ...told, tag: '1.0' }]],
    ['a push by digest', payload({ container_metadata: { tag: { name: '', digest: '' } } }), [told]],
    ['an update', payload(tagged, {}, { action: 'updated' }), [{ ...told, tag: '1.0' }]],
    [
      'the other event of the same',
      { ...payload(tagged), registry_package: undefined, package: about(tagged) },
      [{ ...told, tag: '1.0' }],
    ],
    [
      'a workflow',
      payload(tagged, {}, { sender: { login: 'github-actions[bot]', type: 'Bot' } }),
      [{ ...told, tag: '1.0', actor: { name: 'github-actions[bot]', kind: 'robot' } }],
    ],
    [
      'an owner without a namespace',
      payload(tagged, { namespace: '', owner: { login: 'octo-org' } }),
      [{ ...told, tag: '1.0' }],
    ],
    ['a package of another kind as ignored', payload({}, { package_type: 'npm' }), 'ignored'],
    ['a ping as ignored', { zen: 'Keep it logically awesome.', hook_id: 1 }, 'ignored'],
    [
      'an action that it does not know',
      payload(tagged, {}, { action: 'burned' }),
      'refused: an action that is not known: "burned"',
    ],
  ])('reads %s', async (_, body, expected) => {
    expect(await readInShort(format, body, usual, headers)).toEqual(expected)
  })

  it('gives the same id to what GitHub delivers again, and another to the next delivery', async () => {
    const idOf = async (delivery: string) =>
      (await readBody(format, payload(tagged), { ...headers, 'x-github-delivery': delivery })).events[0]?.id
    expect(await idOf('a')).toBe(await idOf('a'))
    expect(await idOf('a')).not.toBe(await idOf('b'))
  })
})

import { mediaTypes } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { digestOfDigit, happenedAt, readInShort, readBody, unsigned } from '../read-delivery.fixture.ts'
import { distributionNotifications } from './distribution-notifications.ts'

const registry = 'registry.example:5000'
const format = distributionNotifications({ registry, ...unsigned })
const one = digestOfDigit('1')

const event = (action: string, target: object, rest: object = {}) => ({
  id: '147ae75f-0000-4000-8000-000000000001',
  timestamp: happenedAt,
  action,
  target: { repository: 'prod/app', ...target },
  request: {
    id: '1431f683-0000-4000-8000-000000000001',
    addr: '10.0.0.7:60442',
    host: 'other.example',
    method: 'PUT',
    useragent: 'docker/27',
  },
  actor: { name: 'ci' },
  source: { addr: 'node1:5000', instanceID: 'bb5e' },
  ...rest,
})
const usual = { registry, repository: 'prod/app' }
const told = {
  actor: { name: 'ci', kind: 'user', address: '10.0.0.7:60442', userAgent: 'docker/27' },
  rawId: '147ae75f-0000-4000-8000-000000000001',
  requestId: '1431f683-0000-4000-8000-000000000001',
}
const manifest = mediaTypes.ociManifest
const url = `http://registry.example:5000/v2/prod/app/manifests/${one}`

describe('distributionNotifications', () => {
  it.each([
    [
      'a push by tag',
      event('push', { mediaType: manifest, digest: one, tag: '1.0', url }),
      [{ ...told, action: 'push', digest: one, tag: '1.0', mediaType: manifest }],
    ],
    [
      'a push by digest, such as a child of an index or a referrer',
      event('push', { mediaType: manifest, digest: one, url }),
      [{ ...told, action: 'push', digest: one, mediaType: manifest }],
    ],
    [
      'a manifest of an unusual media type',
      event('push', { mediaType: 'application/octet-stream', digest: one, url }),
      [{ ...told, action: 'push', digest: one, mediaType: 'application/octet-stream' }],
    ],
    [
      'a push with a tag, of whatever type',
      event('push', { mediaType: 'application/octet-stream', digest: one, tag: 'x' }),
      [{ ...told, action: 'push', digest: one, tag: 'x', mediaType: 'application/octet-stream' }],
    ],
    ['a blob as ignored', event('push', { mediaType: 'application/octet-stream', digest: one }), 'ignored'],
    ['a mounted blob as ignored', event('mount', { digest: one, fromRepository: 'base' }), 'ignored'],
    ['a pull as ignored', event('pull', { mediaType: manifest, digest: one, tag: '1.0' }), 'ignored'],
    [
      'a deleted manifest',
      event('delete', { digest: one }),
      [{ ...told, action: 'manifest-deleted', digest: one }],
    ],
    [
      'a deleted tag, without its digest',
      event('delete', { tag: '1.0' }),
      [{ ...told, action: 'tag-deleted', tag: '1.0' }],
    ],
    ['a deleted repository', event('delete', {}), [{ ...told, action: 'repository-deleted' }]],
    [
      'nobody signed in, or a proxy did it',
      event('push', { mediaType: manifest, digest: one }, { actor: {}, request: undefined }),
      [{ action: 'push', digest: one, mediaType: manifest, rawId: told.rawId, actor: { kind: 'unknown' } }],
    ],
    [
      'an action that it does not know',
      event('rename', {}),
      'refused: an action that is not known: "rename"',
    ],
  ])('reads %s', async (_, entry, expected) => {
    expect(await readInShort(format, { events: [entry] }, usual)).toEqual(expected)
  })

  it.each(['v1', 'v2'])('reads the envelope %s', async (version) => {
    const type = `application/vnd.docker.distribution.events.${version}+json`
    const { events } = await readBody(
      format,
      { events: [event('push', { tag: '1' })] },
      { 'content-type': type },
    )
    expect(events).toHaveLength(1)
  })

  it('reads an event without an envelope', async () => {
    expect(await readInShort(format, event('push', { tag: '1' }), usual)).toEqual([
      { ...told, action: 'push', tag: '1' },
    ])
  })

  it('gives the same id to an event that is delivered again, and another to each other one', async () => {
    const push = event('push', { tag: '1.0', digest: one })
    const again = event('push', { tag: '1.0', digest: one }, { id: 'another' })
    const { events } = await readBody(format, {
      events: [push, push, again, event('delete', { digest: one })],
    })
    expect(events[1]?.id).toBe(events[0]?.id)
    expect(new Set(events.map(({ id }) => id)).size).toBe(3)
    expect(events[0]).toMatchObject({ source: 'distribution', time: happenedAt })
  })

  it.each(['', 'UPPER/x', 'a b', 'https://registry.example', 'registry.example/path', 'registry'])(
    'refuses %j as a registry',
    (wrong) => {
      expect(() => distributionNotifications({ registry: wrong, ...unsigned })).toThrowError(
        expect.objectContaining({ name: 'MonitorError', code: 'OPTIONS_INVALID' }),
      )
    },
  )
})

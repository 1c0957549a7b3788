import { mediaTypes } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { parseLogLines } from '../lines/parse-log-lines.ts'
import {
  digestOfDigit,
  happenedAt,
  readInShort,
  receivedAt,
  summarize,
  unsigned,
} from '../read-delivery.fixture.ts'
import { zotAuditLog } from './zot-audit-log.ts'
import { zotEvents } from './zot-events.ts'

const registry = 'zot.example'
const one = digestOfDigit('1')
const two = digestOfDigit('2')
const usual = { registry, repository: 'prod/app' }
const mediaType = mediaTypes.ociManifest

describe('zotEvents', () => {
  const format = zotEvents({ registry, ...unsigned })
  const manifest = (rest: object) =>
    JSON.stringify({ schemaVersion: 2, mediaType, config: { mediaType: 'text/sbom' }, ...rest })
  const data = (reference: string, rest: object = {}) => ({
    name: 'prod/app',
    reference,
    digest: one,
    mediaType,
    manifest: manifest({}),
    actor: { name: 'ci' },
    request: { addr: '10.0.0.7:5512', method: 'PUT', useragent: 'docker/27' },
    ...rest,
  })
  const attributes = (type: string) => ({
    'ce-id': 'event-1',
    'ce-source': 'zotregistry.dev',
    'ce-specversion': '1.0',
    'ce-type': `zotregistry.${type}`,
    'ce-time': happenedAt,
  })
  const actor = { name: 'ci', kind: 'user', address: '10.0.0.7:5512', userAgent: 'docker/27' }
  const told = { actor, rawId: 'event-1', digest: one, mediaType }
  const referrer = manifest({ subject: { mediaType, digest: two, size: 3 } })

  it.each([
    ['a push by tag', 'image.updated', data('1.0'), [{ ...told, action: 'push', tag: '1.0' }]],
    ['a push by digest', 'image.updated', data(one), [{ ...told, action: 'push' }]],
    [
      'a referrer, by the manifest inside',
      'image.updated',
      data(one, { manifest: referrer }),
      [{ ...told, action: 'push', subject: two, artifactType: 'text/sbom' }],
    ],
    [
      'a manifest that is none',
      'image.updated',
      data('1.0', { manifest: '{' }),
      [{ ...told, action: 'push', tag: '1.0' }],
    ],
    [
      'nobody named',
      'image.updated',
      data('1.0', { actor: undefined, request: undefined }),
      [{ ...told, action: 'push', tag: '1.0', actor: { kind: 'unknown' } }],
    ],
    ['a deleted tag', 'image.deleted', data('1.0'), [{ ...told, action: 'tag-deleted', tag: '1.0' }]],
    ['a deleted manifest', 'image.deleted', data(one), [{ ...told, action: 'manifest-deleted' }]],
    ['a scan as ignored', 'image.scanned', {}, 'ignored'],
    ['a failed lint as ignored', 'image.lint_failed', data('1.0'), 'ignored'],
    ['a new repository as ignored', 'repository.created', { name: 'prod/app' }, 'ignored'],
    [
      'a digest that is not that of the reference',
      'image.updated',
      data(two),
      `refused: two digests: "${two}" and "${one}"`,
    ],
    [
      'a type that it does not know',
      'image.painted',
      data('1.0'),
      'refused: a type that is not known: "zotregistry.image.painted"',
    ],
  ])('reads %s, in both modes', async (_, type, body, expected) => {
    expect(await readInShort(format, body, usual, attributes(type))).toEqual(expected)
    const structured = {
      specversion: '1.0',
      id: 'event-1',
      source: 'zotregistry.dev',
      type: `zotregistry.${type}`,
      time: happenedAt,
      data: body,
    }
    const mode = { 'content-type': 'application/cloudevents+json; charset=utf-8' }
    expect(await readInShort(format, structured, usual, mode)).toEqual(expected)
  })
})

describe('zotAuditLog', () => {
  const format = zotAuditLog({ registry })
  const line = (action: string, reference: string, status: number, subject = 'ci') =>
    JSON.stringify({
      level: 'info',
      component: 'session',
      clientIP: '10.0.0.7:5512',
      subject,
      action,
      object: `/v2/prod/app/manifests/${reference}`,
      status,
      time: happenedAt,
      message: 'HTTP API Audit',
    })
  const actor = { name: 'ci', kind: 'user', address: '10.0.0.7:5512' }

  it.each([
    ['a push by tag', line('PUT', '1.0', 201), [{ action: 'push', tag: '1.0', actor }]],
    ['a push by digest', line('PUT', one, 201), [{ action: 'push', digest: one, actor }]],
    ['a deleted tag', line('DELETE', '1.0', 202), [{ action: 'tag-deleted', tag: '1.0', actor }]],
    ['a deleted manifest', line('DELETE', one, 202), [{ action: 'manifest-deleted', digest: one, actor }]],
    [
      'nobody signed in',
      line('PUT', '1.0', 201, ''),
      [{ action: 'push', tag: '1.0', actor: { kind: 'anonymous', address: '10.0.0.7:5512' } }],
    ],
    ['an upload as ignored', line('PATCH', '1.0', 202), []],
  ])('reads %s', async (_, text, expected) => {
    const clock = { now: () => receivedAt }
    expect(summarize(await Array.fromAsync(parseLogLines(format, [text], { clock })), usual)).toEqual(
      expected,
    )
  })
})

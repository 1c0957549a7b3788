import { describe, expect, it } from 'vitest'
import { parseLogLines } from '../lines/parse-log-lines.ts'
import type { LineFormat } from '../lines/line-format.ts'
import { digestOfDigit, readInShort, receivedAt, summarize, unsigned } from '../read-delivery.fixture.ts'
import { artifactoryAccessLog } from './artifactory-access-log.ts'
import { artifactoryRequestLog } from './artifactory-request-log.ts'
import { artifactoryWebhook } from './artifactory-webhook.ts'

const registry = 'jfrog.example'
const one = digestOfDigit('1')
const usual = { registry, repository: 'prod-docker/app' }
const time = receivedAt.toISOString()

async function readLine(format: LineFormat, line: string): Promise<unknown> {
  const refused: string[] = []
  const clock = { now: () => receivedAt }
  const onRefused = ({ message }: { message: string }) => refused.push(message)
  const events = await Array.fromAsync(parseLogLines(format, [line], { clock, onRefused }))
  return refused.length > 0
    ? `refused: ${refused.join()}`
    : events.length === 0
      ? 'ignored'
      : summarize(events, usual)
}

describe('artifactoryWebhook', () => {
  const format = artifactoryWebhook({ registry, ...unsigned })
  const payload = (event_type: string, data: object = {}, domain = 'docker') => ({
    domain,
    event_type,
    data: {
      repo_key: 'prod-docker',
      path: 'app/1.0/manifest.json',
      name: 'manifest.json',
      sha256: '1'.repeat(64),
      size: 1206,
      image_name: 'app',
      tag: '1.0',
      platforms: [],
      ...data,
    },
    subscription_key: 'monitor',
    jpd_origin: 'https://jfrog.example',
  })
  const told = { actor: { kind: 'unknown' }, digest: one, time }

  it.each([
    ['a push by tag', payload('pushed'), [{ ...told, action: 'push', tag: '1.0' }]],
    [
      'an index',
      payload('pushed', { path: 'team/app/1.0/list.manifest.json' }),
      [{ ...told, action: 'push', tag: '1.0', repository: 'prod-docker/team/app' }],
    ],
    [
      'a push by digest',
      payload('pushed', { path: `app/sha256__${'1'.repeat(64)}/manifest.json`, tag: one }),
      [{ ...told, action: 'push' }],
    ],
    ['what was promoted', payload('promoted'), [{ ...told, action: 'push', tag: '1.0' }]],
    ['a deleted tag', payload('deleted'), [{ ...told, action: 'tag-deleted', tag: '1.0' }]],
    [
      'a refreshed cache',
      payload('pushed', { repo_key: 'hub-cache' }),
      [{ ...told, action: 'push', tag: '1.0', cause: 'mirror', repository: 'hub/app' }],
    ],
    ['a manifest as a file', payload('deployed', {}, 'artifact'), [{ ...told, action: 'push', tag: '1.0' }]],
    ['a layer as ignored', payload('deployed', { path: 'app/1.0/sha256__2222' }, 'artifact'), 'ignored'],
    ['a build as ignored', payload('uploaded', {}, 'build'), 'ignored'],
    [
      'an event that it does not know',
      payload('melted'),
      'refused: an event that is not known: "docker/melted"',
    ],
  ])('reads %s', async (_, body, expected) => {
    expect(await readInShort(format, body, usual)).toEqual(expected)
  })

  it('puts images where the options say', async () => {
    const placed = artifactoryWebhook({
      registry,
      place: (key, image) =>
        key === 'prod-docker' ? { registry: `prod.${registry}`, repository: image } : undefined,
      ...unsigned,
    })
    expect(await readInShort(placed, payload('pushed'))).toEqual([
      { ...told, registry: 'prod.jfrog.example', repository: 'app', action: 'push', tag: '1.0' },
    ])
    expect(await readInShort(placed, payload('pushed', { repo_key: 'dev-docker' }))).toBe('ignored')
  })
})

describe('artifactoryAccessLog', () => {
  const format = artifactoryAccessLog({ registry })
  const line = (deed: string, subject: string, client = 'ci / 10.0.0.7 [token]') =>
    `2026-11-25T21:40:52.000Z [4b1b8a0b04e31b80] [${deed}] ${subject} for client : ${client}`
  const told = { actor: { name: 'ci', kind: 'user', address: '10.0.0.7' }, requestId: '4b1b8a0b04e31b80' }

  it.each([
    [
      'a push by tag',
      line('ACCEPTED DEPLOY', 'prod-docker:app/1.0/manifest.json'),
      [{ ...told, action: 'push', tag: '1.0' }],
    ],
    [
      'a push by digest',
      line('ACCEPTED DEPLOY', `prod-docker:app/sha256__${'1'.repeat(64)}/manifest.json`),
      [{ ...told, action: 'push', digest: one }],
    ],
    [
      'a deleted tag',
      line('ACCEPTED DELETE', 'prod-docker:app/1.0'),
      [{ ...told, action: 'tag-deleted', tag: '1.0' }],
    ],
    [
      'a deleted manifest',
      line('ACCEPTED DELETE', 'prod-docker:app/1.0/manifest.json'),
      [{ ...told, action: 'tag-deleted', tag: '1.0' }],
    ],
    [
      'nobody signed in',
      line('ACCEPTED DEPLOY', 'prod-docker:app/1.0/manifest.json', 'anonymous / 10.0.0.7.'),
      [
        {
          ...told,
          action: 'push',
          tag: '1.0',
          actor: { ...told.actor, name: 'anonymous', kind: 'anonymous' },
        },
      ],
    ],
    [
      'Artifactory itself',
      line('ACCEPTED DELETE', 'prod-docker:app/1.0', '_system_ / 10.0.0.7'),
      [
        {
          ...told,
          action: 'tag-deleted',
          tag: '1.0',
          actor: { ...told.actor, name: '_system_', kind: 'system' },
        },
      ],
    ],
    ['a layer as ignored', line('ACCEPTED DEPLOY', 'prod-docker:app/1.0/sha256__2222'), 'ignored'],
    ['a download as ignored', line('ACCEPTED DOWNLOAD', 'prod-docker:app/1.0/manifest.json'), 'ignored'],
    ['what was denied as ignored', line('DENIED DEPLOY', 'prod-docker:app/1.0/manifest.json'), 'ignored'],
    [
      'a login as ignored',
      '2026-11-25T21:40:52.000Z [4b1b8a0b04e31b80] [ACCEPTED LOGIN] for client : ci / 10.0.0.7',
      'ignored',
    ],
    ['another line', 'Exception in thread "main"', 'refused: not a line of the access log'],
  ])('reads %s', async (_, text, expected) => {
    expect(await readLine(format, text)).toEqual(expected)
  })

  it('takes a long line of one kind for no longer than others', async () => {
    const started = process.cpuUsage()
    for (const text of [
      line('ACCEPTED DEPLOY', ' '.repeat(60_000)),
      `2026 [x] [ACCEPTED ${'A '.repeat(30_000)}`,
    ])
      expect(await readLine(format, text)).toMatch(/^refused|^ignored/)
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(1000)
  })
})

describe('artifactoryRequestLog', () => {
  const format = artifactoryRequestLog({ registry })
  const line = (method: string, url: string, status: number, user = 'ci') =>
    `2026-11-25T21:40:52.000Z|4b1b8a0b|10.0.0.7|${user}|${method}|${url}|${status}|524|0|35|docker/27 (linux|amd64)`
  const told = {
    actor: { name: 'ci', kind: 'user', address: '10.0.0.7', userAgent: 'docker/27 (linux|amd64)' },
    requestId: '4b1b8a0b',
  }
  const path = '/api/docker/prod-docker/v2/app/manifests'

  it.each([
    ['a push by tag', line('PUT', `${path}/1.0`, 201), [{ ...told, action: 'push', tag: '1.0' }]],
    ['a push by digest', line('PUT', `${path}/${one}`, 201), [{ ...told, action: 'push', digest: one }]],
    [
      'a push by the short path',
      line('PUT', '/v2/prod-docker/app/manifests/1.0', 201),
      [{ ...told, action: 'push', tag: '1.0' }],
    ],
    ['a deleted tag', line('DELETE', `${path}/1.0`, 202), [{ ...told, action: 'tag-deleted', tag: '1.0' }]],
    [
      'a deleted manifest',
      line('DELETE', `${path}/${one}`, 202),
      [{ ...told, action: 'manifest-deleted', digest: one }],
    ],
    [
      'nobody signed in',
      line('PUT', `${path}/1.0`, 201, 'anonymous'),
      [
        {
          ...told,
          action: 'push',
          tag: '1.0',
          actor: { ...told.actor, name: 'anonymous', kind: 'anonymous' },
        },
      ],
    ],
    ['what failed as ignored', line('PUT', `${path}/1.0`, 403), 'ignored'],
    ['a pull as ignored', line('GET', `${path}/1.0`, 200), 'ignored'],
    ['another request as ignored', line('GET', '/api/system/ping', 200), 'ignored'],
    ['another line', 'hello', 'refused: not a line of the request log'],
  ])('reads %s', async (_, text, expected) => {
    expect(await readLine(format, text)).toEqual(expected)
  })
})

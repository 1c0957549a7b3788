import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { digestOf, mediaTypes } from '@sallyport/core'
import { afterEach, describe, expect, it } from 'vitest'
import { call, manifestOf, pushBlob, putManifest, start } from '../../testing/registry-calls.ts'
import type { StartRegistryOptions } from '../start-registry.ts'
import type { RegistryEvent } from './registry-event.ts'

const now = () => Date.UTC(2026, 0, 1)

async function listen(options: StartRegistryOptions = {}) {
  const events: RegistryEvent[] = []
  const registry = await start({ ...options, now, onEvent: (event) => events.push(event) })
  return { registry, events }
}

const summaries = (events: readonly RegistryEvent[]) =>
  events.map(({ action, target, request }) => [request.method, action, target.digest, target.tag])

describe('events', () => {
  it('tell of pushes, pulls and deletions of blobs, manifests and tags', async () => {
    const { registry, events } = await listen()
    const { digest: blob } = await pushBlob(registry, 'team/app', 'x')
    await call(registry, `/v2/team/app/blobs/${blob}`)
    await call(registry, `/v2/team/app/blobs/${blob}`, { method: 'HEAD' })
    await call(registry, `/v2/team/app/blobs/${blob}`, { method: 'DELETE' })
    expect(summaries(events.splice(0))).toEqual([
      ['PUT', 'push', blob, undefined],
      ['GET', 'pull', blob, undefined],
      ['HEAD', 'pull', blob, undefined],
      ['DELETE', 'delete', blob, undefined],
    ])
    const body = await manifestOf(registry, 'team/app')
    const manifest = digestOf(body)
    events.splice(0)
    const path = '/v2/team/app/manifests'
    await putManifest(registry, 'team/app', body, { tag: 'v1' })
    await call(registry, `${path}/v1`)
    await call(registry, `${path}/${manifest}`)
    await call(registry, `${path}/v1`, { method: 'DELETE' })
    await call(registry, `${path}/${manifest}`, { method: 'DELETE' })
    expect(summaries(events)).toEqual([
      ['PUT', 'push', manifest, 'v1'],
      ['GET', 'pull', manifest, 'v1'],
      ['GET', 'pull', manifest, undefined],
      ['DELETE', 'delete', undefined, 'v1'],
      ['DELETE', 'delete', manifest, undefined],
    ])
  })

  it('have the form of distribution’s notifications', async () => {
    const auth = { username: 'robot', password: 'secret' }
    const { registry, events } = await listen({ auth })
    const headers = {
      authorization: `Basic ${Buffer.from('robot:secret').toString('base64')}`,
      'user-agent': 'a-client/1',
    }
    const digest = digestOf('x')
    const path = `/v2/team/app/blobs/uploads/?digest=${digest}`
    await call(registry, path, { method: 'POST', body: 'x', headers })
    const [{ id, request, source, ...event }] = events as [RegistryEvent]
    expect(event).toEqual({
      timestamp: '2026-01-01T00:00:00.000Z',
      action: 'push',
      target: {
        mediaType: 'application/octet-stream',
        size: 1,
        length: 1,
        digest,
        repository: 'team/app',
        url: `${registry.url}/v2/team/app/blobs/${digest}`,
      },
      actor: { name: 'robot' },
    })
    expect(request).toMatchObject({ host: registry.host, method: 'POST', useragent: 'a-client/1' })
    expect(request.addr).toMatch(/^127\.0\.0\.1:\d+$/)
    expect([id, request.id, source.instanceID].map((text) => /^[0-9a-f-]{36}$/.test(text))).toEqual([
      true,
      true,
      true,
    ])
    expect(source.addr).toBe(registry.host)
  })

  it('tell what a manifest refers to, and where a mounted blob came from', async () => {
    const { registry, events } = await listen()
    const body = await manifestOf(registry, 'a')
    await putManifest(registry, 'a', body)
    const layer = digestOf('layer')
    expect(events.at(-1)?.target).toMatchObject({
      mediaType: mediaTypes.ociManifest,
      url: `${registry.url}/v2/a/manifests/${digestOf(body)}`,
      references: [
        { mediaType: mediaTypes.ociConfig, digest: digestOf('{}'), size: 2 },
        { mediaType: 'application/octet-stream', digest: layer, size: 5 },
      ],
    })
    await call(registry, `/v2/b/blobs/uploads/?mount=${layer}&from=a`, { method: 'POST' })
    expect(events.at(-1)).toMatchObject({
      action: 'mount',
      target: { repository: 'b', fromRepository: 'a', digest: layer },
    })
  })

  it('tell nothing of what was refused or only asked', async () => {
    const { registry, events } = await listen()
    const body = await manifestOf(registry, 'a')
    events.splice(0)
    await putManifest(registry, 'a', body, { tag: 'v1', headers: { 'if-match': '"sha256:0"' } })
    await call(registry, '/v2/a/manifests/none')
    await call(registry, '/v2/a/tags/list')
    await call(registry, '/v2/')
    expect(events).toEqual([])
  })
})

describe('notifications', () => {
  const closers: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const close of closers.splice(0)) await close()
  })

  async function receiver(
    answer: (request: IncomingMessage, response: ServerResponse, count: number) => void,
  ) {
    const received: { headers: IncomingMessage['headers']; body: { events: RegistryEvent[] } }[] = []
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        received.push({
          headers: request.headers,
          body: JSON.parse(Buffer.concat(chunks).toString()) as { events: RegistryEvent[] },
        })
        answer(request, response, received.length)
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    closers.push(async () => {
      server.closeAllConnections()
      server.close()
    })
    return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events` }
  }

  it('arrive one by one, in order, in an envelope of their own type', async () => {
    const { received, url } = await receiver((_, response) => response.end())
    const { registry, events } = await listen({
      notifications: { url, headers: { authorization: 'Bearer x' } },
    })
    for (const content of ['a', 'b', 'c']) await pushBlob(registry, 'a', content)
    expect(await registry.notificationsSettled()).toEqual({ delivered: 3, failed: 0 })
    expect(received.map(({ body }) => body.events)).toEqual(events.map((event) => [event]))
    expect(received[0]?.headers).toMatchObject({
      'content-type': 'application/vnd.docker.distribution.events.v1+json',
      authorization: 'Bearer x',
    })
  })

  it('are tried again after an error, a cut connection and a redirect, the same event with the same id', async () => {
    const { received, url } = await receiver((request, response, count) => {
      if (count === 1) response.writeHead(503).end()
      else if (count === 2) request.socket.destroy()
      else if (count === 3) response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end()
      else response.end()
    })
    const { registry } = await listen({ notifications: { url, retryDelayMs: 0 } })
    await pushBlob(registry, 'a', 'a')
    expect(await registry.notificationsSettled()).toEqual({ delivered: 1, failed: 0 })
    expect(new Set(received.map(({ body }) => body.events[0]?.id)).size).toBe(1)
    expect(received).toHaveLength(4)
  })

  it('are given up after the attempts, and the next goes out', async () => {
    const { received, url } = await receiver((_, response, count) => {
      response.writeHead(count <= 2 ? 500 : 200).end()
    })
    const { registry } = await listen({ notifications: { url, attempts: 2, retryDelayMs: 0 } })
    await pushBlob(registry, 'a', 'a')
    await pushBlob(registry, 'a', 'b')
    expect(await registry.notificationsSettled()).toEqual({ delivered: 1, failed: 1 })
    expect(received.at(-1)?.body.events[0]?.target.digest).toBe(digestOf('b'))
  })

  it('end with the registry', async () => {
    const { url } = await receiver((_, response) => response.writeHead(500).end())
    const { registry } = await listen({ notifications: { url, retryDelayMs: 3_600_000 } })
    await pushBlob(registry, 'a', 'a')
    await registry.close()
    expect(await registry.notificationsSettled()).toEqual({ delivered: 0, failed: 1 })
  })

  it.each([
    ['http://example.com/'],
    ['http://127.0.0.1.example.com/'],
    ['ftp://localhost/'],
    ['http://10.0.0.1/'],
  ])('do not go to %s', async (url) => {
    await expect(start({ notifications: { url } })).rejects.toThrow('loopback interface only')
  })
})

import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRegistryClient } from '@sallyport/oci'
import { createImage, createImageIndex, pushImage, startRegistry } from '@sallyport/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import type { RegistryEvent } from '../../event/registry-event.ts'
import { acrEventGrid } from '../azure/acr-event-grid.ts'
import { distributionNotifications } from '../distribution/distribution-notifications.ts'
import { dockerHubWebhook } from '../docker-hub/docker-hub-webhook.ts'
import { receivedAt, unsigned } from '../read-delivery.fixture.ts'
import { bearerToken, secretInQuery } from '../sender/shared-secret.ts'
import {
  createReceiver,
  type Receiver,
  type ReceiverOptions,
  type RefusedDelivery,
} from './create-receiver.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const push = (tag: string, repository = 'acme/app') => ({
  push_data: { pushed_at: 1764106852, pusher: 'ci', tag },
  repository: { repo_name: repository },
})

function receive(options: Partial<ReceiverOptions> = {}) {
  const events: RegistryEvent[] = []
  const refused: RefusedDelivery[] = []
  const receiver = createReceiver({
    formats: { '/hub': dockerHubWebhook({ sender: secretInQuery('key', 'correct horse') }) },
    clock: { now: () => receivedAt },
    onEvents: async (more) => void events.push(...more),
    onRefused: (one) => refused.push(one),
    ...options,
  })
  return { receiver, events, refused }
}

/** The receiver on Node's server. */
async function serve(receiver: Receiver): Promise<string> {
  const server = createServer(receiver.node).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => (server.closeAllConnections(), server.close()))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const json = { 'content-type': 'application/json' }
const path = '/hub?key=correct+horse'

/** Both ways to mount, so that each promise is kept by each. */
const mounts: [
  string,
  (receiver: Receiver) => Promise<(target: string, init?: RequestInit) => Promise<Response>>,
][] = [
  [
    'web requests',
    async (receiver) => (target, init) => receiver.fetch(new Request(`http://localhost${target}`, init)),
  ],
  [
    'a server of Node',
    async (receiver) => {
      const origin = await serve(receiver)
      return (target, init) => fetch(origin + target, init)
    },
  ],
]

describe.each(mounts)('createReceiver for %s', (_, mount) => {
  const post = (body: unknown) => ({
    method: 'POST',
    headers: json,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

  it('answers once the events were taken, with how many', async () => {
    const { receiver, events, refused } = receive()
    const send = await mount(receiver)
    const answer = await send(path, post([push('1.0'), push('-bad'), push('2.0')]))
    expect([answer.status, await answer.json()]).toEqual([202, { taken: 2, ignored: 0, refused: 1 }])
    expect(events.map(({ tag }) => tag)).toEqual(['1.0', '2.0'])
    expect(refused).toMatchObject([
      { source: 'docker-hub', path: '/hub', entries: [{ position: 1, message: 'not a tag: "-bad"' }] },
    ])
  })

  it.each<[string, string, RequestInit, number]>([
    ['another path', '/other?key=correct+horse', post(push('1')), 404],
    ['a path like a method of objects', '/constructor', post(push('1')), 404],
    ['another method', path, { method: 'GET' }, 405],
    ['a handshake without an origin', path, { method: 'OPTIONS' }, 405],
    ['no secret', '/hub', post(push('1')), 401],
    ['another secret', '/hub?key=wrong+horses', post(push('1')), 401],
    ['no JSON', path, post('{'), 400],
    ['another content type', path, { ...post(push('1')), headers: { 'content-type': 'text/html' } }, 415],
    ['a huge body', path, post(JSON.stringify(push('1')) + ' '.repeat(3000)), 413],
    ['too many entries', path, post(Array.from({ length: 9 }, (_item, at) => push(`${at}`))), 413],
  ])('refuses %s without a word of why', async (_title, target, init, status) => {
    const { receiver, events } = receive({ maxBodyBytes: 2000, maxEntries: 8 })
    const answer = await (await mount(receiver))(target, init)
    expect(answer.status).toBe(status)
    expect(await answer.text()).toMatch(/^\{"code":"[A-Z_]+"\}$/)
    expect(events).toEqual([])
  })

  it('stops at the limit of a body that says nothing of its length', async () => {
    const { receiver, refused } = receive({ maxBodyBytes: 2000 })
    const chunk = new Uint8Array(1000).fill(0x20)
    const body = ReadableStream.from(
      (function* () {
        for (let at = 0; at < 50; at++) yield chunk
      })(),
    )
    const answer = await (
      await mount(receiver)
    )(path, { method: 'POST', headers: json, body, duplex: 'half' } as RequestInit)
    expect(answer.status).toBe(413)
    expect(refused).toMatchObject([{ error: { code: 'DELIVERY_TOO_LARGE' }, entries: [] }])
  })

  it('hands events on again that could not be handed on, and no others', async () => {
    let fails = true
    const { receiver, events, refused } = receive({
      onEvents: async (more) => {
        if (fails) throw new Error('the database is away')
        events.push(...more)
      },
    })
    const send = await mount(receiver)
    expect((await send(path, post(push('1')))).status).toBe(503)
    expect(refused).toMatchObject([{ error: { code: 'SOURCE_UNAVAILABLE', retryable: true } }])
    fails = false
    expect((await send(path, post(push('1')))).status).toBe(202)
    expect((await send(path, post([push('1'), push('2')]))).status).toBe(202)
    expect(events.map(({ tag }) => tag)).toEqual(['1', '2'])
  })

  it('shakes hands', async () => {
    const { receiver } = receive({ formats: { '/grid': acrEventGrid(unsigned) } })
    const headers = { 'webhook-request-origin': 'eventgrid.azure.net' }
    const answer = await (await mount(receiver))('/grid', { method: 'OPTIONS', headers })
    expect([answer.status, answer.headers.get('webhook-allowed-origin')]).toEqual([
      200,
      'eventgrid.azure.net',
    ])
  })
})

describe('createReceiver', () => {
  const send = (receiver: Receiver, tag: string) =>
    receiver.fetch(
      new Request(`http://localhost${path}`, {
        method: 'POST',
        headers: json,
        body: JSON.stringify(push(tag)),
      }),
    )

  it('gives up a body that takes too long', async () => {
    const { receiver, refused } = receive({ bodyTimeoutMs: 50 })
    const origin = await serve(receiver)
    const slow = request(`${origin}${path}`, { method: 'POST', headers: json })
    closers.push(() => slow.destroy())
    slow.write('{')
    const [answer] = (await once(slow, 'response')) as [{ statusCode: number }]
    expect(answer.statusCode).toBe(408)
    expect(refused).toHaveLength(1)
  })

  it('forgets what came long ago', async () => {
    const { receiver, events } = receive({ rememberedEvents: 2 })
    for (const tag of ['1', '2', '3', '1', '3']) await send(receiver, tag)
    expect(events.map(({ tag }) => tag)).toEqual(['1', '2', '3', '1'])
  })

  it('bears with who listens badly', async () => {
    const { receiver } = receive({
      onRefused: () => {
        throw new Error('oops')
      },
    })
    expect((await send(receiver, '-bad')).status).toBe(202)
    expect((await receiver.fetch(new Request('http://localhost/hub', { method: 'POST' }))).status).toBe(401)
  })

  it('answers 503 beyond the deliveries that it takes at once', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { receiver } = receive({ maxDeliveries: 1, onEvents: () => promise })
    const first = send(receiver, '1')
    expect((await send(receiver, '2')).status).toBe(503)
    resolve()
    expect((await first).status).toBe(202)
  })

  it.each([[{}], [{ hub: dockerHubWebhook(unsigned) }], [{ '/hub?a=b': dockerHubWebhook(unsigned) }]])(
    'refuses the paths of %j',
    (formats) => {
      expect(() => createReceiver({ formats })).toThrowError(
        expect.objectContaining({ code: 'OPTIONS_INVALID' }),
      )
    },
  )

  describe('with a loop over events', () => {
    it('answers a delivery once the loop asks for what comes after it', async () => {
      const { receiver } = receive({ onEvents: undefined })
      const loop = receiver.events()[Symbol.asyncIterator]()
      const first = loop.next()
      let status = 0
      const answer = send(receiver, '1').then((response) => (status = response.status))
      expect((await first).value).toMatchObject({ tag: '1' })
      expect(status).toBe(0)
      const second = loop.next()
      await answer
      expect(status).toBe(202)
      const other = send(receiver, '2')
      expect((await second).value).toMatchObject({ tag: '2' })
      await loop.return?.()
      expect((await other).status).toBe(503)
    })

    it('answers 503 while there is none, and takes one at a time', async () => {
      const { receiver } = receive({ onEvents: undefined })
      expect((await send(receiver, '1')).status).toBe(503)
      const stop = new AbortController()
      const loop = receiver.events({ signal: stop.signal })[Symbol.asyncIterator]()
      const next = loop.next()
      await expect(receiver.events()[Symbol.asyncIterator]().next()).rejects.toMatchObject({
        code: 'OPTIONS_INVALID',
      })
      stop.abort()
      expect((await next).done).toBe(true)
    })

    it('is refused beside onEvents', () => {
      expect(() => receive().receiver.events()).toThrowError(
        expect.objectContaining({ code: 'OPTIONS_INVALID' }),
      )
    })
  })

  it('takes what a registry tells while an image is pushed and deleted', async () => {
    const events: RegistryEvent[] = []
    const refused: RefusedDelivery[] = []
    const registryName = 'registry.example'
    const origin = await serve(
      createReceiver({
        formats: {
          '/distribution': distributionNotifications({
            registry: registryName,
            sender: bearerToken('correct horse'),
          }),
        },
        onEvents: async (more) => void events.push(...more),
        onRefused: (one) => refused.push(one),
      }),
    )
    const notifications = {
      url: `${origin}/distribution`,
      headers: { authorization: 'Bearer correct horse' },
    }
    await using registry = await startRegistry({ notifications })
    const image = createImageIndex({ 'linux/amd64': createImage() })
    const [child] = image.children
    await using client = createRegistryClient({ plainHttp: true })
    const repository = client.repository({ registry: registry.host, repository: 'prod/app' })
    await pushImage(repository, image, '1.0')
    await fetch(`${registry.url}/v2/prod/app/manifests/1.0`)
    await fetch(`${registry.url}/v2/prod/app/manifests/1.0`, { method: 'DELETE' })
    const { failed, delivered } = await registry.notificationsSettled()
    expect([failed, refused]).toEqual([0, []])
    expect(delivered).toBeGreaterThan(events.length)
    const place = { registry: registryName, repository: 'prod/app', source: 'distribution' }
    expect(events).toMatchObject([
      { ...place, action: 'push', digest: child?.descriptor.digest },
      {
        ...place,
        action: 'push',
        tag: '1.0',
        digest: image.raw.descriptor.digest,
        actor: { kind: 'unknown' },
      },
      { ...place, action: 'tag-deleted', tag: '1.0' },
    ])
  })
})

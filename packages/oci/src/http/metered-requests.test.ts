import { mediaTypes } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { copyImage } from '../copy/copy-image.ts'
import { createRegistryClient } from '../registry/create-registry-client.ts'
import { against } from '../testing/against-script.ts'
import { keepingRegistry } from '../testing/keeping-registry.ts'
import { collect, sampleImage } from '../testing/sample-image.ts'
import { startScriptedServer } from '../testing/scripted-server.ts'
import { createHostLimiter } from './host-limiter.ts'
import type { RequestEvent } from './metered-transport.ts'
import { requestsSince } from './request-counts.ts'
import type { RegistryWarning } from './warnings.ts'

const { manifest } = sampleImage([10])
const manifestType = { 'content-type': mediaTypes.ociManifest }

describe('requests to one host', () => {
  it.each([
    ['whole', 4, () => false],
    ['in chunks', 4, () => true],
    ['some whole and some in chunks', 4, (size: number) => size % 2 === 0],
    ['some whole and some in chunks', 6, (size: number) => size % 2 === 0],
    ['some whole and some in chunks', 16, (size: number) => size % 2 === 0],
  ])('copy blobs %s with %i places, many at once', async (_, requests, refusesWhole) => {
    const registry = keepingRegistry(refusesWhole)
    await using server = await startScriptedServer(registry.script)
    const image = sampleImage(Array.from({ length: 20 }, (_each, at) => 200_000 + at))
    for (const { blob, bytes } of image.blobs) registry.stored.set(`a/source@${blob.digest}`, bytes)
    registry.stored.set(`a/source@${image.manifest.descriptor.digest}`, image.manifest.bytes)
    await using client = createRegistryClient({
      limiter: createHostLimiter({ requests }),
      sleep: async () => {},
    })
    const { name, getManifest, open } = client.repository({ registry: server.host, repository: 'a/source' })
    const target = client.repository({ registry: server.host, repository: 'b/target' })
    const root = image.manifest.descriptor
    const result = await copyImage({ name, getManifest, open }, target, root, { concurrency: 30 })
    expect(result.blobsCopied).toBe(21)
    expect(registry.stored.get(`b/target@${root.digest}`)).toEqual(Buffer.from(image.manifest.bytes))
    expect(registry.mostAtOnce()).toBeLessThanOrEqual(requests)
  })

  it('are bounded together when two clients share a limiter', async () => {
    const registry = keepingRegistry()
    await using server = await startScriptedServer(registry.script)
    registry.stored.set(`a/b@${manifest.descriptor.digest}`, manifest.bytes)
    const limiter = createHostLimiter({ requests: 4 })
    await using one = createRegistryClient({ limiter })
    await using other = createRegistryClient({ limiter })
    const reads = [one, other].flatMap((client) => {
      const repository = client.repository({ registry: server.host, repository: 'a/b' })
      return Array.from({ length: 20 }, () => repository.getManifest(manifest.descriptor.digest))
    })
    await Promise.all(reads)
    expect(registry.mostAtOnce()).toBeLessThanOrEqual(4)
  })

  it('sign in while all places are wanted', async () => {
    await using here = await against(
      ({ url, headers }, response) => {
        if (url.startsWith('/token')) return void response.end(JSON.stringify({ token: 'good' }))
        if (headers.authorization === 'Bearer good')
          return void response.writeHead(200, manifestType).end(manifest.bytes)
        response
          .writeHead(401, { 'www-authenticate': `Bearer realm="http://${headers.host}/token"` })
          .end('no')
      },
      { limiter: createHostLimiter({ requests: 4 }) },
    )
    await Promise.all(Array.from({ length: 20 }, () => here.repository.getManifest('v1')))
    expect(here.seen.filter(({ url }) => url.startsWith('/token')).length).toBeLessThan(20)
  })

  it('hold their place until a blob has been read or given up', async () => {
    const { blobs } = sampleImage([3_000_000])
    const { blob, bytes } = blobs[1]!
    await using here = await against((_, response) => void response.writeHead(200).end(bytes), {
      limiter: createHostLimiter({ requests: 4, blobs: 2 }),
    })
    const streams = [1, 2].map(() => here.repository.open(blob)[Symbol.asyncIterator]())
    for (const stream of streams) await stream.next()
    const third = collect(here.repository.open(blob))
    await here.repository.has(blob)
    expect(here.seen.filter(({ method }) => method === 'GET')).toHaveLength(2)
    await streams[0]?.return?.()
    expect((await third).byteLength).toBe(bytes.byteLength)
    await streams[1]?.return?.()
  })

  it('wait together after one of them is told to', async () => {
    const events: string[] = []
    let refuse = true
    await using here = await against(
      ({ url }, response) => {
        events.push(url.split('/').at(-1) ?? '')
        if (refuse) {
          refuse = false
          return void response.writeHead(429, { 'retry-after': '30' }).end()
        }
        response.writeHead(200, manifestType).end(manifest.bytes)
      },
      {
        sleep: (milliseconds, signal) =>
          new Promise((resolve, reject) => {
            events.push(`wait ${Math.ceil(milliseconds / 10_000)}`)
            signal?.addEventListener('abort', () => reject(signal.reason as Error))
            if (events.filter((event) => event.startsWith('wait')).length === 2) setImmediate(resolve)
          }),
      },
    )
    const first = here.repository.getManifest('one')
    first.catch(() => undefined)
    while (!events.includes('wait 3')) await new Promise((resolve) => setImmediate(resolve))
    await here.repository.getManifest('two')
    expect(events).toEqual(['one', 'wait 3', 'wait 3', 'two'])
  })

  it('are not held up by a registry that asks for more than the longest wait', async () => {
    await using here = await against((_, response, count) => {
      if (count === 0) return void response.writeHead(429, { 'retry-after': '86400' }).end()
      response.writeHead(200, manifestType).end(manifest.bytes)
    })
    await expect(here.repository.getManifest('v1')).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    await here.repository.getManifest('v1')
    expect(here.waits).toEqual([])
  })

  it('end their wait with the signal', async () => {
    const limiter = createHostLimiter({ requests: 4 })
    await using here = await against((_, response) => void response.end(), { limiter })
    await Promise.all([1, 2, 3, 4].map(() => limiter.acquire(hostOf(here), 'small')))
    const abort = new AbortController()
    const read = here.repository.getManifest('v1', { signal: abort.signal })
    const reason = new Error('no longer wanted')
    abort.abort(reason)
    await expect(read).rejects.toBe(reason)
    expect(here.seen).toHaveLength(0)
  })
})

describe('what a client tells of its requests', () => {
  it('counts them by host and method, repetitions, redirects and sign-ins included', async () => {
    await using storage = await startScriptedServer(
      (_, response) => void response.writeHead(200, manifestType).end(manifest.bytes),
    )
    await using server = await startScriptedServer(({ url, headers }, response, count) => {
      if (url.startsWith('/token')) return void response.end(JSON.stringify({ token: 'good' }))
      if (headers.authorization === undefined) {
        const challenge = `Bearer realm="http://${headers.host}/token"`
        return void response.writeHead(401, { 'www-authenticate': challenge }).end()
      }
      if (count < 4) return void response.writeHead(503).end()
      response.writeHead(307, { location: `http://${storage.host}/x?signature=secret` }).end()
    })
    const events: RequestEvent[] = []
    await using client = createRegistryClient({
      sleep: async () => {},
      onRequest(event) {
        events.push(event)
        throw new Error('observer')
      },
    })
    const repository = client.repository({ registry: server.host, repository: 'team/app' })
    await repository.getManifest('v1')
    const before = client.requests()
    expect(before).toEqual(
      [
        { host: server.host, method: 'GET', count: 5 },
        { host: storage.host, method: 'GET', count: 1 },
      ].sort((one, other) => (one.host < other.host ? -1 : 1)),
    )
    expect(repository.requests()).toEqual(before)
    const stranger = client.repository({ registry: storage.host, repository: 'other' })
    await stranger.getManifest('v1')
    expect(stranger.requests()).toEqual([{ host: storage.host, method: 'GET', count: 1 }])
    expect(repository.requests()).toEqual(before)
    expect(requestsSince(before, client.requests())).toEqual([
      { host: storage.host, method: 'GET', count: 1 },
    ])

    const manifestUrl = `http://${server.host}/v2/team/app/manifests/v1`
    expect(events.map(({ url, status, attempt }) => [url, status, attempt])).toEqual([
      [manifestUrl, 401, 1],
      [`http://${server.host}/token`, 200, 1],
      [manifestUrl, 503, 1],
      [manifestUrl, 503, 2],
      [manifestUrl, 307, 3],
      [`http://${storage.host}/x`, 200, 3],
      [`http://${storage.host}/v2/other/manifests/v1`, 200, 1],
    ])
    expect(JSON.stringify(events)).not.toContain('secret')
  })

  it('observes a request that gets no answer', async () => {
    const events: RequestEvent[] = []
    await using here = await against(
      (_, response) => {
        response.destroy()
      },
      { onRequest: (event) => events.push(event), retry: { attempts: 1 } },
    )
    await expect(here.repository.getManifest('v1')).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' })
    expect(events).toMatchObject([{ method: 'GET', attempt: 1 }])
    expect(events[0]).not.toHaveProperty('status')
  })

  it('passes on what a registry warns of, once', async () => {
    const warnings: RegistryWarning[] = []
    await using here = await against(
      (_, response) => {
        response.appendHeader('warning', '299 - "soon gone"').appendHeader('warning', '299 - "pay up"')
        response.writeHead(200, manifestType).end(manifest.bytes)
      },
      { onWarning: (warning) => warnings.push(warning) },
    )
    await here.repository.getManifest('v1')
    await here.repository.getManifest('v1')
    expect(warnings).toEqual(['soon gone', 'pay up'].map((text) => ({ host: hostOf(here), text })))
  })
})

function hostOf({ repository }: { readonly repository: { readonly registry: string } }): string {
  return repository.registry
}

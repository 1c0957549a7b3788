import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { mediaTypes } from '@sallyport/core'
import { describe, expect, it, vi } from 'vitest'
import { verifiedContent } from '../blob/verified-content.ts'
import { createHostLimiter, type HostLimiter } from '../http/host-limiter.ts'
import { collect, sampleBlob, sampleImage, streamOf } from '../testing/sample-image.ts'
import { type Script, startScriptedServer } from '../testing/scripted-server.ts'
import { createRegistryClient } from './create-registry-client.ts'
import type { RegistryRepository } from './registry-repository.ts'

const { manifest } = sampleImage([10])
const { blob, bytes } = sampleBlob(randomBytes(600_000))
const content = verifiedContent(blob, () => streamOf(bytes.subarray(0, 300_000), bytes.subarray(300_000)))

/** A registry with sign-in, whose blobs are at another place; `act` is asked before each answer. */
function registry(act: (count: number, response: ServerResponse) => boolean): Script {
  return ({ method, url, headers }, response, count) => {
    if (act(count, response)) return
    if (url.startsWith('/token')) return void response.end('{"token":"good"}')
    if (url.startsWith('/storage')) return void response.end(bytes)
    if (headers.authorization !== 'Bearer good') {
      const challenge = `Bearer realm="http://${headers.host}/token"`
      return void response.writeHead(401, { 'www-authenticate': challenge }).end('no')
    }
    if (method === 'HEAD') return void response.writeHead(404).end()
    if (method === 'POST') return void response.writeHead(202, { location: '/up/1' }).end()
    if (method === 'PATCH') return void response.writeHead(202).end()
    if (method === 'PUT') return void response.writeHead(201).end()
    if (method === 'DELETE') return void response.writeHead(204).end()
    if (url.includes('/blobs/')) return void response.writeHead(307, { location: '/storage' }).end('moved')
    response.writeHead(200, { 'content-type': mediaTypes.ociManifest }).end(manifest.bytes)
  }
}

const calls: Record<string, (each: RegistryRepository, signal: AbortSignal) => Promise<unknown>> = {
  'reads a manifest': ({ getManifest }, signal) => getManifest('v1', { signal }),
  'reads a blob': ({ open }, signal) => collect(open(blob, { signal })),
  'writes a blob': ({ putBlob }, signal) => putBlob(blob, content, { signal }),
  'mounts a blob': ({ putBlob }, signal) => putBlob(blob, content, { signal, mountFrom: 'other' }),
  'writes a blob in chunks': ({ putBlob }, signal) =>
    putBlob(blob, content, { signal, uploads: { mode: 'chunked', chunkBytes: 200_000 } }),
  'writes a manifest': ({ putManifest }, signal) => putManifest(manifest, { tag: 'v1', signal }),
}

/** What happens instead of the answer. */
const ends: Record<string, (response: ServerResponse) => boolean> = {
  'before the answer': () => true,
  'within the header': (response) => {
    response.socket?.write('HTTP/1.1 200 OK\r\nconte')
    return true
  },
  'within the body': (response) => {
    response.writeHead(200, { 'content-length': String(blob.size) }).write('x')
    return true
  },
  'while it comes': () => false,
}

/** Takes all places; times out when one was not given back. */
async function allPlaces(limiter: HostLimiter, host: string): Promise<number> {
  const places: (() => void)[] = []
  for (let at = 0; at < limiter.requests; at++)
    void limiter.acquire(host, 'small').then((release) => places.push(release))
  await vi.waitFor(() => expect(places).toHaveLength(limiter.requests), { interval: 1, timeout: 15_000 })
  return places.length
}

describe('a call that ends early gives its places back', () => {
  const table = Object.keys(calls).flatMap((call) => Object.keys(ends).map((end) => [call, end] as const))

  it.each(table)('and rejects with the reason of its signal: %s, aborted %s', async (call, end) => {
    for (let at = 0, aborted = true; aborted && at < 12; at++) {
      aborted = false
      const limiter = createHostLimiter({ requests: 4 })
      const abort = new AbortController()
      const reason = new Error('enough')
      await using server = await startScriptedServer(
        registry((count, response) => {
          if (count !== at) return false
          aborted = true
          const instead = ends[end]!(response)
          setImmediate(() => abort.abort(reason))
          return instead
        }),
      )
      await using client = createRegistryClient({ limiter, sleep: async () => undefined })
      const repository = client.repository({ registry: server.host, repository: 'team/app' })
      const outcome = await calls[call]!(repository, abort.signal).catch((error: unknown) => error)
      if (aborted && end !== 'while it comes') expect(outcome).toBe(reason)
      if (outcome instanceof Error) expect(outcome).toBe(reason)
      expect(await allPlaces(limiter, server.host)).toBe(4)
    }
  })

  it.each(Object.keys(calls))('whatever the registry answers: %s', async (call) => {
    for (const status of [200, 204, 307, 401, 404, 416, 500]) {
      for (let at = 0, reached = true; reached && at < 12; at++) {
        reached = false
        const limiter = createHostLimiter({ requests: 4 })
        await using server = await startScriptedServer(
          registry((count, response) => {
            if (count !== at) return false
            reached = true
            response.writeHead(status).end(status === 204 || status === 304 ? undefined : 'x'.repeat(200_000))
            return true
          }),
        )
        await using client = createRegistryClient({ limiter, sleep: async () => undefined })
        const repository = client.repository({ registry: server.host, repository: 'team/app' })
        await calls[call]!(repository, new AbortController().signal).catch(() => undefined)
        expect(await allPlaces(limiter, server.host)).toBe(4)
      }
    }
  })
})

describe('a connection that is closed just when it is used again', () => {
  const table = Object.keys(calls).flatMap((call) => [3, 4, 5].map((most) => [call, most] as const))

  it.each(table)('is replaced: %s, after %i requests', async (call, most) => {
    const served = new WeakMap<object, number>()
    await using server = await startScriptedServer(
      registry((_, response) => {
        const socket = response.socket ?? response
        const before = served.get(socket) ?? 0
        served.set(socket, before + 1)
        if (before < most) return false
        response.destroy()
        return true
      }),
    )
    await using client = createRegistryClient({ sleep: async () => undefined })
    const repository = client.repository({ registry: server.host, repository: 'team/app' })
    const { signal } = new AbortController()
    for (let time = 0; time < 6; time++) await calls[call]!(repository, signal)
    expect(server.seen.length).toBeGreaterThan(most)
  })
})

import { describe, expect, it } from 'vitest'
import type { RegistryRepository } from '../registry/registry-repository.ts'
import { against } from '../testing/against-script.ts'
import { sampleBlob, sampleImage, streamOf } from '../testing/sample-image.ts'
import { startScriptedServer } from '../testing/scripted-server.ts'

const { manifest } = sampleImage([10])
const { blob, bytes } = sampleBlob(Buffer.from('content'))
const credentials = {
  find: async () => ({ type: 'registry-token', registryToken: 'secret-token' }) as const,
}
const challenge = { 'www-authenticate': 'Bearer realm="https://auth.example/token"' }

const writes: [string, string, (each: RegistryRepository) => Promise<unknown>][] = [
  ['a manifest', 'PUT', ({ putManifest }) => putManifest(manifest, { tag: 'v1' })],
  ['a deletion', 'DELETE', ({ deleteTag }) => deleteTag('v1')],
  ['an upload that begins', 'POST', ({ putBlob }) => putBlob(blob, streamOf(bytes))],
]

describe('a write that is redirected', () => {
  it.each(
    writes.flatMap(([name, method, act]) => [307, 308].map((status) => [name, status, method, act] as const)),
  )('goes on to another host without credentials: %s, status %i', async (_, status, method, act) => {
    await using other = await startScriptedServer((request, response) => {
      const location = { POST: '/up/1' }[request.method]
      response.writeHead(location === undefined ? 201 : 202, location === undefined ? {} : { location }).end()
    })
    await using here = await against(
      (request, response) => {
        if (request.headers.authorization === undefined) return void response.writeHead(401, challenge).end()
        if (request.method !== method) return void response.writeHead(404).end()
        response.writeHead(status, { location: `http://${other.host}${request.url}` }).end('moved')
      },
      { credentials },
    )
    await act(here.repository).catch(() => undefined)
    expect(other.seen[0]?.method).toBe(method)
    expect(other.seen[0]?.body).toEqual(here.seen.find((each) => each.method === method)?.body)
    expect(other.seen.map(({ headers }) => headers.authorization)).toEqual(other.seen.map(() => undefined))
    // What follows an upload that began elsewhere goes there, too.
    if (method === 'POST') expect(other.seen[1]).toMatchObject({ method: 'PUT', body: bytes })
  })

  it('goes on to another place of its host with credentials', async () => {
    await using here = await against(
      ({ url, headers }, response) => {
        if (headers.authorization === undefined) return void response.writeHead(401, challenge).end()
        if (!url.startsWith('/other')) return void response.writeHead(307, { location: `/other${url}` }).end()
        response.writeHead(201).end()
      },
      { credentials },
    )
    await here.repository.putManifest(manifest, { tag: 'v1' })
    expect(here.seen.at(-1)).toMatchObject({
      method: 'PUT',
      headers: { authorization: 'Bearer secret-token' },
    })
  })

  it.each([
    ['a page of a login', 302],
    ['what is to be asked for', 303],
    ['where it is for good', 301],
  ])('does not become a GET of %s (status %i)', async (_, status) => {
    await using here = await against(({ method }, response) => {
      if (method === 'GET') return void response.end('login')
      response.writeHead(status, { location: '/login' }).end()
    })
    await expect(here.repository.putManifest(manifest, { tag: 'v1' })).rejects.toMatchObject({ status })
    expect(here.seen.map(({ method }) => method)).not.toContain('GET')
  })

  it.each([
    ['cloud metadata', 'http://169.254.169.254/x'],
    ['a name with a password', 'http://user:pw@other.example/x'],
    ['no URL', 'http://['],
    ['itself, again and again', '/again'],
  ])('does not go on to %s', async (_, location) => {
    await using here = await against((_request, response) => void response.writeHead(307, { location }).end())
    const error: unknown = await here.repository
      .putManifest(manifest, { tag: 'v1' })
      .catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'REGISTRY_ERROR', message: expect.not.stringContaining('pw@') })
    expect(here.seen.length).toBeLessThan(10)
  })

  it('is not sent on as a stream, of which the beginning is gone', async () => {
    await using other = await startScriptedServer((_, response) => void response.writeHead(201).end())
    await using here = await against(({ method }, response) => {
      if (method === 'HEAD') return void response.writeHead(404).end()
      if (method === 'POST') return void response.writeHead(202, { location: '/up/1' }).end()
      if (method === 'DELETE') return void response.writeHead(204).end()
      response.writeHead(307, { location: `http://${other.host}/up/1` }).end()
    })
    await expect(here.repository.putBlob(blob, streamOf(bytes))).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      status: 307,
    })
    expect(other.seen).toEqual([])
  })
})

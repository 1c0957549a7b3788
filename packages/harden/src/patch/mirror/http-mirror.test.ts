import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { folderMirror } from './folder-mirror.ts'
import { httpMirror, type HttpMirrorOptions } from './http-mirror.ts'
import type { MirrorReader } from './mirror-reader.ts'
import { readSmall } from './read-small.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const take = async (mirror: MirrorReader, path = 'dists/x/InRelease', maxBytes = 100) =>
  (await readSmall(mirror, path, maxBytes, undefined)).toString()

describe('httpMirror', () => {
  it('reads below its own folder, with its headers', async () => {
    const host = await serve((request, response) =>
      response.end(`${request.url} ${request.headers.authorization}`),
    )
    const mirror = httpMirror(`http://${host}/debian/`, { headers: { authorization: 'Basic x' } })
    expect(await take(mirror)).toBe('/debian/dists/x/InRelease Basic x')
  })

  it.each<[string, RequestListener, HttpMirrorOptions, string]>([
    ['a file that is not there', (_, response) => response.writeHead(404).end(), {}, 'MIRROR_FILE_MISSING'],
    ['an error', (_, response) => response.writeHead(500).end(), {}, 'MIRROR_UNAVAILABLE'],
    [
      'a file that is announced too long',
      (_, response) => response.writeHead(200, { 'content-length': 101 }).end('x'.repeat(101)),
      {},
      'LIMIT_EXCEEDED',
    ],
    [
      'a file that is too long',
      (_, response) => {
        response.write('x'.repeat(60))
        response.end('x'.repeat(60))
      },
      {},
      'LIMIT_EXCEEDED',
    ],
    [
      'a redirect to another host',
      (_, response) => response.writeHead(302, { location: 'http://other.example/x' }).end(),
      {},
      'MIRROR_UNAVAILABLE',
    ],
    [
      'a redirect without an end',
      (request, response) => response.writeHead(302, { location: `${request.url}x` }).end(),
      {},
      'MIRROR_UNAVAILABLE',
    ],
    [
      'a redirect to a file',
      (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      {},
      'MIRROR_UNAVAILABLE',
    ],
    [
      'a cut answer',
      (_, response) => response.writeHead(200, { 'content-length': 50 }).write('x') && response.destroy(),
      {},
      'MIRROR_UNAVAILABLE',
    ],
    ['an answer that never comes', () => {}, { timeoutMs: 50 }, 'MIRROR_UNAVAILABLE'],
  ])('tells %s', async (_title, listener, options, code) => {
    const host = await serve(listener)
    await expect(take(httpMirror(`http://${host}`, options))).rejects.toMatchObject({ code })
  })

  it('follows a redirect to a host that is allowed, without its credentials', async () => {
    const other = await serve((request, response) =>
      response.end(`${request.url} ${request.headers.authorization}`),
    )
    const host = await serve((_, response) =>
      response.writeHead(301, { location: `http://${other}/pool/a` }).end(),
    )
    const mirror = httpMirror(`http://${host}`, {
      redirectHosts: [other],
      headers: { authorization: 'Basic x' },
    })
    expect(await take(mirror)).toBe('/pool/a undefined')
  })

  it.each([
    'ftp://example.com',
    'http://user:secret@example.com',
    'http://example.com/debian?token=secret',
    'http://example.com/debian#main',
  ])('does not take %s', (url) => {
    expect(() => httpMirror(url)).toThrow(TypeError)
  })
})

describe.each(['../x', '/etc/passwd', 'a//b', 'a/./b', 'a?b', 'a#b', 'a\\b', 'a%2e', '', 'a/'])(
  'a path %j',
  (path) => {
    it('is not read', async () => {
      for (const mirror of [httpMirror('http://127.0.0.1:1'), folderMirror(tmpdir())])
        await expect(take(mirror, path)).rejects.toMatchObject({ code: 'INDEX_INVALID' })
    })
  },
)

describe('folderMirror', () => {
  it('reads files of its folder, and no link out of it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'mirror-test-'))
    try {
      await mkdir(join(directory, 'mirror/dists/x'), { recursive: true })
      await writeFile(join(directory, 'mirror/dists/x/InRelease'), 'inside')
      await writeFile(join(directory, 'secret'), 'outside')
      await symlink('../secret', join(directory, 'mirror/link'))
      const mirror = folderMirror(join(directory, 'mirror'))
      expect(await take(mirror)).toBe('inside')
      await expect(take(mirror, 'link')).rejects.toMatchObject({ code: 'MIRROR_UNAVAILABLE' })
      await expect(take(mirror, 'missing')).rejects.toMatchObject({ code: 'MIRROR_FILE_MISSING' })
      await expect(take(mirror, 'dists')).rejects.toMatchObject({ code: 'MIRROR_UNAVAILABLE' })
      await expect(take(mirror, 'dists/x/InRelease', 5)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })
})

import { randomBytes } from 'node:crypto'
import { mediaTypes } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { verifiedContent } from '../blob/verified-content.ts'
import type { Credentials } from '../ports/credential-provider.ts'
import { against } from '../testing/against-script.ts'
import { sampleBlob, sampleImage, streamOf } from '../testing/sample-image.ts'
import type { Script, SeenRequest } from '../testing/scripted-server.ts'

const { manifest } = sampleImage([10])
const manifestType = { 'content-type': mediaTypes.ociManifest }
const password: Credentials = { type: 'password', username: 'gate', password: 'pass:word' }
const identity: Credentials = { type: 'identity-token', identityToken: 'refresh-0' }

/** A registry that takes each token once, with a token server that does what `answer` says. */
function registryWith(
  answer: (request: SeenRequest, form: URLSearchParams, count: number) => [number, object],
): Script {
  let tokens = 0
  const spent = new Set<string>()
  return (request, response) => {
    const { url, headers, body } = request
    if (url.startsWith('/token')) {
      const [status, content] = answer(request, new URLSearchParams(body.toString()), tokens++)
      return void response.writeHead(status).end(JSON.stringify({ token: `token-${tokens}`, ...content }))
    }
    const sent = headers.authorization
    if (sent !== undefined && !spent.has(sent)) {
      spent.add(sent)
      return void response.writeHead(200, manifestType).end(manifest.bytes)
    }
    response
      .writeHead(401, { 'www-authenticate': `Bearer realm="http://${headers.host}/token",service="s"` })
      .end()
  }
}

const provider = (credentials: Credentials) => ({ credentials: { find: async () => credentials } })
const tokenCalls = (seen: readonly SeenRequest[]): readonly SeenRequest[] =>
  seen.filter(({ url }) => url.startsWith('/token'))

describe('tokens', () => {
  it('come by the refresh token that the server handed out', async () => {
    await using here = await against(
      registryWith((_, form) => [200, form.has('refresh_token') ? {} : { refresh_token: 'refresh-1' }]),
      provider(password),
    )
    await here.repository.getManifest('v1')
    await here.repository.getManifest('v1')
    await here.repository.getManifest('v1')
    const [first, second, third] = tokenCalls(here.seen)
    expect(first).toMatchObject({ method: 'GET' })
    for (const later of [second, third]) {
      expect(later).toMatchObject({ method: 'POST', url: '/token' })
      expect(later?.headers.authorization).toBeUndefined()
      expect(later?.body.toString()).toContain('refresh_token=refresh-1')
    }
  })

  it.each([400, 401, 404, 405])(
    'come by the password again when the refresh token gets status %i',
    async (status) => {
      await using here = await against(
        registryWith(({ method }) => (method === 'POST' ? [status, {}] : [200, { refresh_token: 'old' }])),
        provider(password),
      )
      await here.repository.getManifest('v1')
      await here.repository.getManifest('v1')
      expect(tokenCalls(here.seen).map(({ method }) => method)).toEqual(['GET', 'POST', 'GET'])
    },
  )

  it('come by the newest of the refresh tokens', async () => {
    await using here = await against(
      registryWith((_, __, count) => [200, { refresh_token: `refresh-${count + 1}` }]),
      provider(identity),
    )
    await here.repository.getManifest('v1')
    await here.repository.getManifest('v1')
    expect(
      tokenCalls(here.seen).map(({ body }) => new URLSearchParams(body.toString()).get('refresh_token')),
    ).toEqual(['refresh-0', 'refresh-1'])
  })

  it.each([404, 405])(
    'are not asked for by GET with a refresh token, when POST gets status %i',
    async (status) => {
      await using here = await against(
        registryWith(() => [status, {}]),
        provider(identity),
      )
      await expect(here.repository.getManifest('v1')).rejects.toMatchObject({ code: 'UNAUTHORIZED', status })
      expect(tokenCalls(here.seen).map(({ method }) => method)).toEqual(['POST'])
      expect(JSON.stringify(here.seen.map(({ url, headers }) => [url, headers]))).not.toContain('refresh-0')
    },
  )

  it('do not reach another user of the same registry', async () => {
    let user = 'one'
    await using here = await against(
      registryWith(() => [200, { refresh_token: `of-${user}` }]),
      {
        credentials: { find: async () => ({ type: 'password', username: user, password: 'p' }) },
        clock: { now: () => new Date(user === 'one' ? 0 : 3_600_000) },
      },
    )
    await here.repository.getManifest('v1')
    user = 'two'
    await here.repository.getManifest('v1')
    expect(tokenCalls(here.seen).map(({ method }) => method)).toEqual(['GET', 'GET'])
  })

  it.each([429, 503])('are asked for again after status %i', async (status) => {
    await using here = await against(
      registryWith((_, __, count) => [count < 2 ? status : 200, {}]),
      provider(password),
    )
    await here.repository.getManifest('v1')
    expect(here.waits).toEqual([200, 400])
  })

  it('are given up after some tries, once for all', async () => {
    await using here = await against(
      registryWith(() => [503, {}]),
      { ...provider(password), retry: { attempts: 3 } },
    )
    await expect(here.repository.getManifest('v1')).rejects.toMatchObject({ status: 503, retryable: true })
    expect(tokenCalls(here.seen)).toHaveLength(3)
  })

  it('are fetched for those who still wait when the first to ask is gone', async () => {
    const abort = new AbortController()
    let release: () => void = () => undefined
    const asked = new Promise<void>((resolve) => (release = resolve))
    const ready = Promise.withResolvers<void>()
    await using here = await against(async ({ url, headers }, response) => {
      if (url.startsWith('/token')) {
        release()
        await ready.promise
        return void response.end(JSON.stringify({ token: 'good' }))
      }
      if (headers.authorization) return void response.writeHead(200, manifestType).end(manifest.bytes)
      response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${headers.host}/token"` }).end()
    }, provider(password))
    const first = here.repository.getManifest('v1', { signal: abort.signal })
    await asked
    const second = here.repository.getManifest('v1')
    // It knows the challenge by now, and waits for the same token.
    await new Promise((resolve) => setImmediate(resolve))
    const reason = new Error('first has left')
    abort.abort(reason)
    await expect(first).rejects.toBe(reason)
    ready.resolve()
    expect((await second).descriptor).toEqual(manifest.descriptor)
  })

  it('are asked for when a 403 says that the scope is too narrow', async () => {
    await using here = await against(({ url, headers }, response) => {
      const scopes = new URL(url, 'http://x').searchParams.getAll('scope')
      if (url.startsWith('/token'))
        return void response.end(JSON.stringify({ token: Buffer.from(scopes.join(' ')).toString('base64') }))
      const realm = `Bearer realm="http://${headers.host}/token"`
      if (headers.authorization === undefined)
        return void response.writeHead(401, { 'www-authenticate': realm }).end()
      const granted = Buffer.from(headers.authorization.slice(7), 'base64').toString()
      if (granted.startsWith('repository:base:pull'))
        return void response.writeHead(200, manifestType).end(manifest.bytes)
      const challenge = `${realm},scope="repository:base:pull",error="insufficient_scope"`
      response.writeHead(403, { 'www-authenticate': challenge }).end()
    }, provider(password))
    await here.repository.getManifest('v1')
    expect(
      tokenCalls(here.seen).map(({ url }) => new URL(url, 'http://x').searchParams.getAll('scope')),
    ).toEqual([['repository:team/app:pull'], ['repository:base:pull', 'repository:team/app:pull']])
  })

  it('are not asked for when a 403 says nothing about scopes', async () => {
    await using here = await against(
      (_, response) => void response.writeHead(403, { 'www-authenticate': 'Bearer realm="http://x/"' }).end(),
    )
    await expect(here.repository.getManifest('v1')).rejects.toMatchObject({ code: 'DENIED' })
    expect(here.seen.filter(({ url }) => url.includes('/manifests/'))).toHaveLength(1)
  })

  it('do not come with cookies', async () => {
    await using here = await against((_, response) => {
      response.setHeader('set-cookie', 'sid=1; Path=/')
      response.writeHead(200, manifestType).end(manifest.bytes)
    })
    await here.repository.getManifest('v1')
    await here.repository.getManifest('v1')
    expect(here.seen.map(({ headers }) => headers.cookie)).toEqual([undefined, undefined])
  })

  it('that end during an upload are renewed, and content that can be started again is sent again', async () => {
    const { blob, bytes } = sampleBlob(randomBytes(100_000))
    let tokens = 0
    await using here = await against(({ method, url, headers }, response) => {
      if (url.startsWith('/token'))
        return void response.end(JSON.stringify({ token: `t${++tokens}`, expires_in: 300 }))
      const wanted = method === 'PUT' || tokens > 1 ? 'Bearer t2' : 'Bearer t1'
      if (headers.authorization !== wanted) {
        const challenge = `Bearer realm="http://${headers.host}/token",error="invalid_token"`
        return void response.writeHead(401, { 'www-authenticate': challenge }).end()
      }
      const status = { HEAD: 404, POST: 202, PUT: 201 }[method] ?? 204
      response.writeHead(status, { location: '/up/1' }).end()
    }, provider(password))
    const content = verifiedContent(blob, () => streamOf(bytes))
    expect(await here.repository.putBlob(blob, content)).toBe('uploaded')
    expect(here.seen.filter(({ method }) => method === 'PUT')).toHaveLength(2)
    expect(tokens).toBe(2)
  })
})

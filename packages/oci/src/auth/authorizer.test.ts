import { mediaTypes } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import type { Credentials } from '../ports/credential-provider.ts'
import { against } from '../testing/against-script.ts'
import { sampleImage } from '../testing/sample-image.ts'
import type { Script } from '../testing/scripted-server.ts'
import { type AuthorizationNeed, type Authorizer, createAuthorizer } from './authorizer.ts'
import { basicAuthorization } from './basic-authorization.ts'

const { manifest } = sampleImage([10])
const manifestType = { 'content-type': mediaTypes.ociManifest }

describe('signing in', () => {
  const credentials = {
    find: async () => ({ type: 'password', username: 'gate', password: 'pass:word' }) as const,
  }
  const basic = `Basic ${Buffer.from('gate:pass:word').toString('base64')}`

  it('fetches one token for many requests at once, and sends it from then on', async () => {
    await using here = await against(
      ({ url, headers }, response) => {
        if (url.startsWith('/token'))
          return void response.end(JSON.stringify({ token: 'good', expires_in: 300 }))
        if (headers.authorization === 'Bearer good')
          return void response.writeHead(200, manifestType).end(manifest.bytes)
        const challenge = `Bearer realm="http://${headers.host}/token?tenant=7",service="svc",scope="repository:team/app:pull"`
        response.writeHead(401, { 'www-authenticate': challenge }).end()
      },
      { credentials },
    )
    await here.repository.getManifest('v1')
    await Promise.all([1, 2, 3].map(() => here.repository.getManifest('v1')))
    const tokens = here.seen.filter(({ url }) => url.startsWith('/token'))
    expect(tokens.map(({ url }) => url)).toEqual([
      '/token?tenant=7&service=svc&scope=repository%3Ateam%2Fapp%3Apull&account=gate',
    ])
    expect(tokens[0]?.headers.authorization).toBe(basic)
    expect(here.seen).toHaveLength(6)
  })

  it('asks for a wider token when one is not enough', async () => {
    await using here = await against(
      ({ url, headers }, response) => {
        const scopes = new URL(url, 'http://x').searchParams.getAll('scope')
        if (url.startsWith('/token'))
          return void response.end(JSON.stringify({ access_token: scopes.join('+') }))
        if (headers.authorization?.includes('repository:other:pull')) {
          return void response.writeHead(200, manifestType).end(manifest.bytes)
        }
        const challenge = `Bearer realm="http://${headers.host}/token",scope="repository:other:pull",error="insufficient_scope"`
        response.writeHead(401, { 'www-authenticate': challenge }).end()
      },
      { credentials },
    )
    expect((await here.repository.getManifest('v1')).descriptor).toEqual(manifest.descriptor)
  })

  it('gives up when the token is refused again', async () => {
    await using here = await against(
      ({ url, headers }, response) => {
        if (url.startsWith('/token')) return void response.end(JSON.stringify({ token: 'bad' }))
        response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${headers.host}/token"` }).end()
      },
      { credentials },
    )
    await expect(here.repository.getManifest('v1')).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    expect(here.seen.length).toBeLessThan(6)
  })

  it.each([
    ['link-local', 'http://169.254.169.254/token'],
    ['nowhere', 'token'],
    ['a file', 'file:///etc/passwd'],
  ])('does not ask a token server that is %s', async (_, realm) => {
    await using here = await against(
      (_request, response) =>
        void response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end(),
      { credentials },
    )
    await expect(here.repository.getManifest('v1')).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    expect(here.seen).toHaveLength(1)
  })

  it('does not show the password when the token server repeats it', async () => {
    await using here = await against(
      ({ url, headers }, response) => {
        if (url.startsWith('/token'))
          return void response.writeHead(401).end(`bad: ${headers.authorization} pass:word`)
        response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${headers.host}/token"` }).end()
      },
      { credentials },
    )
    const error: unknown = await here.repository.getManifest('v1').catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'UNAUTHORIZED' })
    expect(String(error)).not.toMatch(/pass:word|Basic [^[]/)
  })

  it('exchanges a refresh token by POST', async () => {
    await using here = await against(
      ({ url, headers }, response) => {
        if (url.startsWith('/token')) return void response.end(JSON.stringify({ access_token: 'good' }))
        if (headers.authorization === 'Bearer good')
          return void response.writeHead(200, manifestType).end(manifest.bytes)
        response
          .writeHead(401, { 'www-authenticate': `Bearer realm="http://${headers.host}/token",service="s"` })
          .end()
      },
      { credentials: { find: async () => ({ type: 'identity-token', identityToken: 'refresh' }) } },
    )
    await here.repository.getManifest('v1')
    const [, exchange] = here.seen
    expect(exchange).toMatchObject({ method: 'POST', url: '/token' })
    expect(Object.fromEntries(new URLSearchParams(exchange!.body.toString()))).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: 'refresh',
      service: 's',
      scope: 'repository:team/app:pull',
    })
  })
})

/** A registry with one account, which another one can replace. */
function oneAccount(scheme: 'basic' | 'registry-token' | 'token server' | 'refresh token') {
  let secret = 'first'
  let asked = 0
  const credentialsOf = (password: string): Credentials => {
    if (scheme === 'registry-token') return { type: 'registry-token', registryToken: password }
    if (scheme === 'refresh token') return { type: 'identity-token', identityToken: password }
    return { type: 'password', username: 'gate', password }
  }
  const fieldOf = (password: string): string =>
    scheme === 'basic' ? basicAuthorization({ username: 'gate', password }) : `Bearer ${password}`
  const script: Script = ({ url, headers, body }, response) => {
    if (url.startsWith('/token')) {
      const password = basicAuthorization({ username: 'gate', password: secret })
      const isRight =
        headers.authorization === password || body.toString().includes(`refresh_token=${secret}`)
      return void response.writeHead(isRight ? 200 : 401).end(JSON.stringify({ token: secret }))
    }
    if (headers.authorization === fieldOf(secret))
      return void response.writeHead(200, manifestType).end(manifest.bytes)
    const challenge = scheme === 'basic' ? 'Basic realm="r"' : `Bearer realm="http://${headers.host}/token"`
    response.writeHead(401, { 'www-authenticate': challenge }).end()
  }
  return {
    script,
    provider: {
      find: async () => {
        asked++
        return credentialsOf(secret)
      },
    },
    asked: () => asked,
    replace: () => (secret = 'second'),
  }
}

describe('credentials', () => {
  const kinds = ['basic', 'registry-token', 'token server', 'refresh token'] as const

  it.each(kinds)('that were replaced meanwhile are asked for at once (%s)', async (kind) => {
    const account = oneAccount(kind)
    await using here = await against(account.script, { credentials: account.provider })
    await here.repository.getManifest('v1')
    account.replace()
    await Promise.all([1, 2, 3].map(() => here.repository.getManifest('v1')))
    expect(account.asked()).toBe(2)
  })

  it.each(kinds)('that are wrong are shown once for each request (%s)', async (kind) => {
    const account = oneAccount(kind)
    const provider = { find: await wrongOnce(account.provider.find) }
    account.replace()
    await using here = await against(account.script, { credentials: provider })
    await expect(here.repository.getManifest('v1')).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    expect(
      here.seen.filter(({ url, headers }) => headers.authorization ?? url.startsWith('/token')),
    ).toHaveLength(1)
  })

  it('that can not stand in a header field end the call at once, unseen', async () => {
    const registryToken = 'secret-token\r\nx-other: field'
    await using here = await against(
      (_, response) => void response.writeHead(401, { 'www-authenticate': 'Bearer realm="r"' }).end(),
      { credentials: { find: async () => ({ type: 'registry-token', registryToken }) } },
    )
    await expect(here.repository.getManifest('v1')).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      retryable: false,
      message: expect.not.stringContaining('secret-token'),
    })
    expect(here.seen).toHaveLength(1)
  })

  it('of another user do not come with the token of the one before', async () => {
    let username = 'one'
    let now = new Date('2026-11-01T00:00:00Z')
    await using here = await against(
      ({ url, headers }, response) => {
        if (url.startsWith('/token')) {
          const account = new URL(url, 'http://x').searchParams.get('account')
          return void response.end(JSON.stringify({ token: account, expires_in: 36_000 }))
        }
        if (headers.authorization?.startsWith('Bearer '))
          return void response.writeHead(200, manifestType).end(manifest.bytes)
        response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${headers.host}/token"` }).end()
      },
      {
        credentials: { find: async () => ({ type: 'password', username, password: 'pw' }) },
        clock: { now: () => now },
      },
    )
    await here.repository.getManifest('v1')
    username = 'other'
    now = new Date(now.getTime() + 5 * 60_000)
    await here.repository.getManifest('v1')
    expect(here.seen.at(-1)?.headers.authorization).toBe('Bearer other')
  })

  it('are asked for once by many requests at the same time', async () => {
    let asked = 0
    const found = Promise.withResolvers<Credentials>()
    const authorizer = authorizerWith(() => {
      asked++
      return found.promise
    })
    const fields = Array.from({ length: 5 }, () => authorizer.answerChallenge(need(1), [basic], undefined))
    found.resolve({ type: 'password', username: 'u', password: 'p' })
    expect(await Promise.all(fields)).toEqual(Array.from({ length: 5 }, () => 'Basic dTpw'))
    expect(asked).toBe(1)
  })

  it('and challenges of a thousand registries are not kept', async () => {
    const authorizer = authorizerWith(async () => ({ type: 'password', username: 'u', password: 'p' }))
    for (let at = 0; at <= 1000; at++) await authorizer.answerChallenge(need(at), [basic], undefined)
    expect(await authorizer.authorize(need(0))).toBeUndefined()
    expect(await authorizer.authorize(need(1000))).toBe('Basic dTpw')
  })
})

const basic = 'Basic realm="r"'

function need(at: number): AuthorizationNeed {
  const registry = `r${at}.example`
  return { registry, origin: new URL(`https://${registry}`), repository: 'a', scopes: [] }
}

/** Nothing is sent. */
function authorizerWith(find: () => Promise<Credentials>): Authorizer {
  const unused = (): never => {
    throw new Error('nothing is to be sent')
  }
  return createAuthorizer({
    transport: { send: unused, scopeOf: unused },
    repeater: { run: unused, refusal: unused },
    clock: { now: () => new Date(0) },
    provider: { find },
  })
}

async function wrongOnce<T>(find: () => Promise<T>): Promise<() => Promise<T>> {
  const wrong = await find()
  return async () => wrong
}

import { mediaTypes } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { against } from '../testing/against-script.ts'
import { sampleImage } from '../testing/sample-image.ts'

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

import { createHostLimiter } from '@sallyport/oci'
import { createTransport, type WireRequest } from '@sallyport/oci/cloud'
import { describe, expect, it } from 'vitest'
import { byToken } from '../authorize.ts'
import type { ListingServiceOptions } from '../listing-options.ts'
import { startServiceDouble } from '../service-double.fixture.ts'
import { createListingHttp } from './create-listing-http.ts'

const request = { to: '/list?x=1', subject: 'registry', action: 'list' }
const create = (
  origin: string,
  options: ListingServiceOptions = {},
  authorize = byToken('token-of-the-audit'),
) => createListingHttp({ name: 'test', origin, authorize, options: { proxyEnvironment: false, ...options } })

describe('createListingHttp', () => {
  it('asks below a base URL that has a path', async () => {
    await using double = await startServiceDouble(() => ({ json: { fine: true } }))
    const http = create(`${double.origin}/base/`)
    expect((await http.for({})(request)).json).toEqual({ fine: true })
    expect(double.requests.map(({ path, query }) => `${path}?${query}`)).toEqual(['/base/list?x=1'])
    await http.close()
  })

  it.each([
    ['another host', (host: string) => `http://localhost:${host.split(':')[1]}/x`],
    ['another scheme', (host: string) => `https://${host}/x`],
    ['another port', () => 'http://127.0.0.1:1/x'],
    ['a user', (host: string) => `http://a:b@${host}/x`],
  ])('sends nothing to %s', async (_, urlFor) => {
    await using double = await startServiceDouble(() => ({ json: {} }))
    const http = create(double.origin)
    const to = new URL(urlFor(double.host))
    await expect(http.for({})({ ...request, to })).rejects.toMatchObject({ code: 'LISTING_INVALID' })
    expect(double.requests).toHaveLength(0)
    await http.close()
  })

  it('sends through the transport that it is given, and leaves it open', async () => {
    await using double = await startServiceDouble(() => ({ json: {} }))
    const own = createTransport({ proxyEnvironment: false })
    const sent: WireRequest[] = []
    const transport = {
      async send(wire: WireRequest) {
        sent.push(wire)
        return own.send(wire)
      },
    }
    const http = create(double.origin, { transport })
    await http.for({})(request)
    await http.close()
    await http.for({})(request)
    expect(sent).toHaveLength(2)
    await own.close()
  })

  it('shares a limiter, and gives its place back whatever happens', async () => {
    await using double = await startServiceDouble(({ path }) => ({
      status: path === '/list' ? 200 : 404,
      json: {},
    }))
    const limiter = createHostLimiter({ requests: 4 })
    let held = 0
    const counting = {
      ...limiter,
      async acquire(...given: Parameters<typeof limiter.acquire>) {
        const release = await limiter.acquire(...given)
        held++
        return () => {
          held--
          release()
        }
      },
    }
    const http = create(double.origin, { limiter: counting })
    await http.for({})(request)
    await expect(http.for({})({ ...request, to: '/other' })).rejects.toMatchObject({ status: 404 })
    expect(held).toBe(0)
    await http.close()
  })

  it('gives up on a service that does not answer in time', async () => {
    await using double = await startServiceDouble(() => ({ json: {} }))
    const silent = {
      send: async ({ signal }: WireRequest) =>
        new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(new Error('x')))),
    }
    const http = create(double.origin, {
      transport: silent,
      timeoutMs: 5,
      retry: { attempts: 2, baseDelayMs: 1 },
    })
    await expect(http.for({})(request)).rejects.toMatchObject({
      code: 'LISTING_FAILED',
      retryable: true,
      message: expect.stringContaining('no answer within 5 ms') as string,
    })
  })

  it('asks for a token anew for each request, and shows none', async () => {
    await using double = await startServiceDouble(() => ({ json: {} }))
    let count = 0
    const http = create(
      double.origin,
      {},
      byToken(async () => `token-${++count}`),
    )
    await http.for({})(request)
    await http.for({})(request)
    expect(double.requests.map(({ header }) => header('authorization'))).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ])
    double.fail(
      ({ header }) => ({ status: 403, json: { errors: [{ code: header('authorization')?.slice(7, 12) }] } }),
      9,
    )
    const error = await http
      .for({})(request)
      .catch((reason: unknown) => reason)
    expect((error as Error).message).not.toContain('token')
    await http.close()
  })

  it('can be used again after it was closed', async () => {
    await using double = await startServiceDouble(() => ({ json: {} }))
    const http = create(double.origin)
    for (let times = 0; times < 2; times++) {
      await http.for({})(request)
      await http.close()
    }
    expect(double.requests).toHaveLength(2)
  })

  it('allows http to another machine only where that is asked for', () => {
    expect(() => create('http://registry.example')).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }) as Error,
    )
    expect(() => create('http://registry.example', { unsafeAllowHttp: true })).not.toThrow()
  })
})

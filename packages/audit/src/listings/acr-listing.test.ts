import type { Credentials } from '@sallyport/oci'
import { describe, expect, it } from 'vitest'
import { acrListing } from './acr-listing.ts'
import { describeListingContract } from './listing-contract.fixture.ts'
import { type DoubledRepository, manifestOf } from './listing-content.fixture.ts'
import { afterKey, startServiceDouble } from './service-double.fixture.ts'

const refreshToken = 'acr-refresh-token-of-the-audit'
const identity: Credentials = {
  type: 'password',
  username: '00000000-0000-0000-0000-000000000000',
  password: refreshToken,
}

/** `/acr/v1` with Link fields, times of seven digits, tags left out where there are none, tokens for one scope each. */
async function startAcr(content: DoubledRepository[], serviceName?: string) {
  return startServiceDouble(({ method, path, query, header, body }, origin) => {
    const tokenFor = (scope: string) => `access-to-${scope}`
    if (path === '/oauth2/token' && method === 'POST') {
      const form = new URLSearchParams(body)
      const good =
        form.get('grant_type') === 'refresh_token' &&
        form.get('refresh_token') === refreshToken &&
        form.get('service') === (serviceName ?? origin.slice(7))
      return {
        signIn: true,
        status: good ? 200 : 401,
        json: { access_token: tokenFor(form.get('scope') ?? '') },
      }
    }
    const allowed = (scope: string) =>
      header('authorization') === `Bearer ${tokenFor(scope)}` ||
      header('authorization') === `Basic ${Buffer.from('audit:acr-password').toString('base64')}`
    const denied = {
      status: 401,
      json: { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] },
    }
    const size = Math.min(100, Number(query.get('n')))
    const link = (last: string | undefined) =>
      last === undefined
        ? {}
        : { headers: { link: `<${path}?last=${encodeURIComponent(last)}&n=${size}&orderby=>; rel="next"` } }
    if (path === '/acr/v1/_catalog') {
      if (!allowed('registry:catalog:*')) return denied
      const { page, next } = afterKey(content, ({ name }) => name, query.get('last') ?? '', size)
      return {
        json: { repositories: page.length === 0 ? null : page.map(({ name }) => name) },
        ...link(next),
      }
    }
    const name = decodeURIComponent(/^\/acr\/v1\/([^/]+)\/_manifests$/.exec(path)?.[1] ?? '')
    if (!allowed(`repository:${name}:metadata_read`)) return denied
    const found = content.find((each) => each.name === name)
    if (found === undefined) return { status: 404, json: { errors: [{ code: 'NAME_UNKNOWN' }] } }
    const { page, next } = afterKey(found.manifests, ({ digest }) => digest, query.get('last') ?? '', size)
    const manifests = page.map((each) => ({
      digest: each.digest,
      imageSize: each.size,
      createdTime: each.pushedAt.toISOString().replace('Z', '3587Z'),
      lastUpdateTime: '2026-11-26T12:00:00.1234567Z',
      architecture: 'amd64',
      os: 'linux',
      mediaType: each.mediaType,
      ...(each.tags.length === 0 ? {} : { tags: each.tags }),
      changeableAttributes: { deleteEnabled: true, writeEnabled: true, readEnabled: true, listEnabled: true },
    }))
    return { json: { registry: 'acme.azurecr.io', imageName: name, manifests }, ...link(next) }
  })
}

const withCredentials = (found: Credentials) => ({ find: async () => found })

describeListingContract('acrListing', {
  pages: { repositories: 100, manifests: 100 },
  tells: ['size', 'pushedAt', 'mediaType'],
  secrets: [refreshToken, 'access-to'],
  async start(content, options) {
    const double = await startAcr(content)
    const listing = acrListing({
      ...options,
      registry: double.host,
      origin: double.origin,
      credentials: withCredentials(identity),
    })
    return { double, listing, pathOf: (name) => name }
  },
})

describe('acrListing', () => {
  it.each<[string, Credentials, number]>([
    ['a password as it is', { type: 'password', username: 'audit', password: 'acr-password' }, 0],
    ['a refresh token for one token a scope', identity, 2],
    ['an identity token likewise', { type: 'identity-token', identityToken: refreshToken }, 2],
  ])('sends %s', async (_, credentials, exchanges) => {
    const manifests = Array.from({ length: 150 }, (__, index) => manifestOf(index))
    await using double = await startAcr([{ name: 'team/app', manifests }])
    const listing = acrListing({
      registry: double.host,
      origin: double.origin,
      credentials: withCredentials(credentials),
    })
    expect(await Array.fromAsync(listing.listRepositories())).toEqual(['team/app'])
    expect(await Array.fromAsync(listing.listManifests('team/app'))).toHaveLength(150)
    expect(double.requests.filter(({ path }) => path === '/oauth2/token')).toHaveLength(exchanges)
    await listing.close()
  })

  it('gets another token when one is over, once', async () => {
    await using double = await startAcr([{ name: 'app', manifests: [] }])
    const listing = acrListing({
      registry: double.host,
      origin: double.origin,
      credentials: withCredentials(identity),
    })
    await Array.fromAsync(listing.listManifests('app'))
    double.fail({ status: 401, json: {} })
    await Array.fromAsync(listing.listManifests('app'))
    expect(double.requests.filter(({ path }) => path === '/oauth2/token')).toHaveLength(2)
    double.fail({ status: 401, json: {} }, 2)
    await expect(Array.fromAsync(listing.listManifests('app'))).rejects.toMatchObject({ status: 401 })
    await listing.close()
  })
})

import { describe, expect, it } from 'vitest'
import { listCatalog } from './list-catalog.ts'
import type { ListingRequest } from './listing-http.ts'

/** Lists a catalog of pages, by what is asked for after. */
function list(pages: Readonly<Record<string, { readonly names: string[] | null; readonly link?: string }>>) {
  const ask = async ({ to }: ListingRequest) => {
    const url = new URL(String(to), 'https://registry.example')
    const page = pages[url.searchParams.get('last') ?? ''] ?? { names: [] }
    const links = page.link === undefined ? [] : [`<${page.link}>; rel="next"`]
    const headers = (name: string) => (name === 'link' ? links : [])
    return {
      status: 200,
      url,
      json: { repositories: page.names },
      headers,
      header: (name: string) => headers(name)[0],
    }
  }
  const told = { subject: 'registry.example', action: 'list', permission: 'to list' }
  return Array.fromAsync(listCatalog(ask, '/base/v2/_catalog', told))
}

describe('listCatalog', () => {
  it('goes on behind the last name where there is a link, wherever that leads', async () => {
    const pages = { '': { names: ['a', 'b'], link: '/v2/_catalog?last=x' }, b: { names: ['c'] } }
    expect(await list(pages)).toEqual(['a', 'b', 'c'])
  })

  it.each([[null], [[]]])(
    'does not take a page without a name (%j) for the last while there is a link',
    async (names) => {
      const pages = {
        '': { names: ['a'], link: '/v2/_catalog?last=a' },
        a: { names, link: '/v2/_catalog?n=1&last=m' },
        m: { names: ['z'] },
      }
      expect(await list(pages)).toEqual(['a', 'z'])
    },
  )

  it.each([
    '/v2/_catalog',
    '/v2/_catalog?last=',
    '/v2/_catalog?last=a',
    'https://other.example/v2/_catalog?last=m',
  ])('says so when an empty page leads on by %s', async (link) => {
    const pages = { '': { names: ['a'], link: '/v2/_catalog?last=a' }, a: { names: [], link } }
    await expect(list(pages)).rejects.toMatchObject({ code: 'LISTING_INVALID' })
  })
})

import { describe, expect, it } from 'vitest'
import { collectAll } from '../testing/sample-image.ts'
import { type Script, startScriptedServer } from '../testing/scripted-server.ts'
import { createRegistryClient } from './create-registry-client.ts'
import type { ListRepositoriesOptions } from './list-repositories.ts'

async function catalogOf(script: Script) {
  const server = await startScriptedServer(script)
  const client = createRegistryClient({ sleep: async () => {} })
  return {
    ...server,
    list: (options?: ListRepositoriesOptions) => collectAll(client.listRepositories(server.host, options)),
    async [Symbol.asyncDispose]() {
      await client.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

describe('listRepositories', () => {
  it('follows pages, unsorted and short ones too, and says each repository once', async () => {
    await using here = await catalogOf(({ url }, response) => {
      const page = Number(new URL(url, 'http://x').searchParams.get('page') ?? 0)
      if (page < 2) response.setHeader('link', `</v2/_catalog?page=${page + 1}>; rel="next"`)
      const pages = [['team/b', 'team/a'], [], ['team/a', 'other', '../evil', 'UPPER', 'team/a?x=1']]
      response.end(JSON.stringify({ repositories: pages[page] }))
    })
    expect(await here.list()).toEqual(['team/b', 'team/a', 'other'])
    expect(await here.list({ prefix: 'team/' })).toEqual(['team/b', 'team/a'])
    expect(here.seen[0]?.url).toBe('/v2/_catalog?n=1000')
  })

  it('tells what is listed and can be no name, and goes on', async () => {
    await using here = await catalogOf((_, response) => {
      response.end(JSON.stringify({ repositories: ['../evil', 'a', 'UPPER', 'b', 'x/UPPER'] }))
    })
    const told: string[] = []
    const onInvalidName = (name: string) => void told.push(name)
    expect(await here.list({ onInvalidName })).toEqual(['a', 'b'])
    expect(told).toEqual(['../evil', 'UPPER', 'x/UPPER'])
    told.length = 0
    expect(await here.list({ onInvalidName, prefix: 'x/' })).toEqual([])
    expect(told).toEqual(['x/UPPER'])
  })

  it.each([
    [404, 'UNSUPPORTED'],
    [405, 'UNSUPPORTED'],
    [501, 'UNSUPPORTED'],
    [200, 'UNSUPPORTED'],
    [401, 'UNAUTHORIZED'],
    [403, 'DENIED'],
    [500, 'REGISTRY_ERROR'],
  ])('status %d without a list is %s', async (status, code) => {
    await using here = await catalogOf((_, response) => void response.writeHead(status).end('<html>'))
    await expect(here.list()).rejects.toMatchObject({ code, status })
  })

  it('asks for a token of the catalog', async () => {
    await using here = await catalogOf(({ url, headers }, response) => {
      if (url.startsWith('/token')) return void response.end('{"token":"t","expires_in":300}')
      if (headers.authorization === 'Bearer t') return void response.end('{"repositories":["a"]}')
      const realm = `http://${headers.host}/token`
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="s"` }).end()
    })
    expect(await here.list()).toEqual(['a'])
    expect(new URL(here.seen[1]!.url, 'http://x').searchParams.getAll('scope')).toEqual([
      'registry:catalog:*',
    ])
  })

  it('ends with the reason of an abort', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await using here = await catalogOf(() => {})
    await expect(here.list({ signal })).rejects.toThrow('enough')
  })

  it('refuses a name that is no registry at once', () => {
    const client = createRegistryClient()
    expect(() => client.listRepositories('a/b')).toThrow(
      expect.objectContaining({ code: 'REFERENCE_INVALID' }),
    )
  })
})

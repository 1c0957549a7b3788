import { describe, expect, it } from 'vitest'
import { against } from '../testing/against-script.ts'
import { collectAll } from '../testing/sample-image.ts'

const tagList = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, at) => `t${at + from}`)

describe('listTags', () => {
  it('follows pages and says each tag once', async () => {
    await using here = await against(({ url }, response) => {
      const last = new URL(url, 'http://x').searchParams.get('last')
      if (last === null) {
        response.setHeader('link', '</v2/team/app/tags/list?last=b>; rel="next"')
        return void response.end(JSON.stringify({ tags: ['b', 'a', 'not a tag'] }))
      }
      response.end(JSON.stringify({ tags: ['b', 'c'] }))
    })
    expect(await collectAll(here.repository.listTags())).toEqual(['b', 'a', 'c'])
  })

  it('tells what is listed and can be no tag, and goes on', async () => {
    await using here = await against(
      (_request, response) => void response.end(JSON.stringify({ tags: ['a', '-b', 'c', 'd e'] })),
    )
    const told: string[] = []
    const onInvalidName = (name: string) => void told.push(name)
    expect(await collectAll(here.repository.listTags({ onInvalidName }))).toEqual(['a', 'c'])
    expect(told).toEqual(['-b', 'd e'])
  })

  it.each([
    ['', []],
    ['<html>', []],
    ['{"errors":[{"code":"NAME_UNKNOWN"},{"code":"DENIED"}]}', ['NAME_UNKNOWN', 'DENIED']],
  ])('tells the codes of a 404 with %j', async (body, codes) => {
    await using here = await against((_request, response) => void response.writeHead(404).end(body))
    const told: (readonly string[])[] = []
    const onMissing = (each: readonly string[]) => void told.push(each)
    expect(await collectAll(here.repository.listTags({ onMissing }))).toEqual([])
    expect(told).toEqual([codes])
  })

  it('goes on after short and empty pages while there is a Link', async () => {
    await using here = await against(({ url }, response) => {
      const page = Number(new URL(url, 'http://x').searchParams.get('page') ?? 0)
      if (page < 4) response.setHeader('link', `</v2/team/app/tags/list?page=${page + 1}>; rel=next`)
      response.end(JSON.stringify({ tags: [['z'], [], null, ['a'], ['m']][page] }))
    })
    expect(await collectAll(here.repository.listTags())).toEqual(['z', 'a', 'm'])
  })

  it('prefers Link to its own "last"', async () => {
    await using here = await against(({ url }, response) => {
      const token = new URL(url, 'http://x').searchParams.get('token')
      if (token === null) response.setHeader('link', '</v2/team/app/tags/list?token=opaque%2F>; rel="next"')
      response.end(JSON.stringify({ tags: tagList(token === null ? 1000 : 1, token === null ? 0 : 5000) }))
    })
    expect(await collectAll(here.repository.listTags())).toHaveLength(1001)
    expect(here.seen.map(({ url }) => url)).toEqual([
      '/v2/team/app/tags/list?n=1000',
      '/v2/team/app/tags/list?token=opaque%2F',
    ])
  })

  it.each([
    ['asks for more after a full page without Link', 1000, ['?n=1000', '?n=1000&last=t999'], 1001],
    ['takes a page that is longer than asked for the whole list', 1500, ['?n=1000'], 1500],
    ['takes a short page without Link for the end', 999, ['?n=1000'], 999],
  ])('%s', async (_, length, queries, expected) => {
    await using here = await against(({ url }, response) => {
      const last = new URL(url, 'http://x').searchParams.get('last')
      response.end(JSON.stringify({ tags: last === null ? tagList(length) : ['last'] }))
    })
    expect(await collectAll(here.repository.listTags())).toHaveLength(expected)
    expect(here.seen.map(({ url }) => url.slice(url.indexOf('?')))).toEqual(queries)
  })

  it.each([400, 405, 413, 422])(
    'leaves the size of pages to a registry that answers %d to ours, from then on',
    async (status) => {
      await using here = await against(({ url }, response) => {
        const { searchParams } = new URL(url, 'http://x')
        if (searchParams.get('n') === '1000') return void response.writeHead(status).end()
        if (searchParams.get('last') === null) {
          response.setHeader('link', '</v2/team/app/tags/list?n=100&last=b>; rel="next"')
        }
        response.end(JSON.stringify({ tags: searchParams.get('last') === null ? ['a', 'b'] : ['c'] }))
      })
      for (let time = 0; time < 2; time++) {
        expect(await collectAll(here.repository.listTags())).toEqual(['a', 'b', 'c'])
      }
      const page = ['', '?n=100&last=b']
      expect(here.seen.map(({ url }) => url.slice('/v2/team/app/tags/list'.length))).toEqual([
        '?n=1000',
        ...page,
        ...page,
      ])
    },
  )

  it.each([401, 403, 500])('does not take %d for a refusal of the size of pages', async (status) => {
    await using here = await against((_, response) => void response.writeHead(status).end(), {
      retry: { attempts: 1 },
    })
    await expect(collectAll(here.repository.listTags())).rejects.toMatchObject({ status })
    expect(here.seen).toHaveLength(1)
  })

  it('asks again with its size of pages where without it was refused as well', async () => {
    await using here = await against((_, response) => void response.writeHead(400).end())
    for (let time = 0; time < 2; time++) {
      await expect(collectAll(here.repository.listTags())).rejects.toMatchObject({ status: 400 })
    }
    expect(here.seen.map(({ url }) => url.endsWith('?n=1000'))).toEqual([true, false, true, false])
  })

  it('stays in its repository when a link leaves out the first part of the name', async () => {
    await using here = await against(({ url }, response) => {
      const isFirst = new URL(url, 'http://x').searchParams.get('last') === null
      if (isFirst) response.setHeader('link', '</v2/app/tags/list?n=1&last=a>; rel="next"')
      response.end(JSON.stringify({ tags: [isFirst ? 'a' : 'b'] }))
    })
    expect(await collectAll(here.repository.listTags())).toEqual(['a', 'b'])
    expect(here.seen.at(-1)?.url).toBe('/v2/team/app/tags/list?n=1&last=a')
  })

  it('ends when a registry ignores "last"', async () => {
    await using here = await against((_request, response) => {
      response.end(JSON.stringify({ tags: tagList(1000).reverse() }))
    })
    expect(await collectAll(here.repository.listTags())).toHaveLength(1000)
    expect(here.seen).toHaveLength(2)
  })

  it.each([
    ['leads to another host', () => '<http://127.0.0.1:1/v2/>; rel="next"', 'REGISTRY_ERROR'],
    ['goes in a circle', () => '</v2/team/app/tags/list?n=1>; rel="next"', 'LIMIT_EXCEEDED'],
    [
      'names ever new pages without new tags',
      (count: number) => `</v2/team/app/tags/list?page=${count}>; rel="next"`,
      'LIMIT_EXCEEDED',
    ],
  ])('refuses a list that %s', async (_, link, code) => {
    await using here = await against((_request, response, count) => {
      response.writeHead(200, { link: link(count) }).end(JSON.stringify({ tags: ['a'] }))
    })
    await expect(collectAll(here.repository.listTags())).rejects.toMatchObject({ code })
    expect(here.seen.length).toBeLessThan(30)
  })

  it.each([
    ['404 on the first page is an empty list', 0, undefined],
    ['404 on a later page is an error', 1, 'REGISTRY_ERROR'],
  ])('%s', async (_, at, code) => {
    await using here = await against((_request, response, count) => {
      if (count === at) return void response.writeHead(404).end()
      response.setHeader('link', '</v2/team/app/tags/list?page=2>; rel="next"').end('{"tags":["a"]}')
    })
    const tags = collectAll(here.repository.listTags())
    if (code === undefined) expect(await tags).toEqual([])
    else await expect(tags).rejects.toMatchObject({ code })
  })

  it.each(['<html>', '{"tags":{"a":1}}', '{"tags":[1]}'])('refuses %s', async (body) => {
    await using here = await against((_request, response) => void response.end(body))
    await expect(collectAll(here.repository.listTags())).rejects.toMatchObject({ code: 'REGISTRY_ERROR' })
  })
})

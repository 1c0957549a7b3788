import { describe, expect, it } from 'vitest'
import { against } from '../testing/against-script.ts'
import { collectAll } from '../testing/sample-image.ts'

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

  it.each([
    ['leads to another host', '<http://127.0.0.1:1/v2/>; rel="next"', 'REGISTRY_ERROR'],
    ['goes in a circle', '</v2/team/app/tags/list?n=1>; rel="next"', 'LIMIT_EXCEEDED'],
  ])('refuses a list that %s', async (_, link, code) => {
    await using here = await against((_request, response) => {
      response.writeHead(200, { link }).end(JSON.stringify({ tags: ['a'] }))
    })
    await expect(collectAll(here.repository.listTags())).rejects.toMatchObject({ code })
  })
})

import { describe, expect, it } from 'vitest'
import { sharedCases } from '../testing/shared-cases.ts'
import { nextPage } from './parse-link.ts'

interface Answer {
  readonly next?: string | null
  readonly error?: true
}
interface Row {
  readonly name: string
  readonly input: { readonly url: string; readonly link: readonly string[] }
  readonly expect: Answer & { readonly anyOf?: readonly Answer[] }
}

const rows = sharedCases<Row>('link-paging')

function answer({ url, link }: Row['input']): Answer {
  try {
    return { next: nextPage(link, new URL(url))?.href ?? null }
  } catch (error) {
    expect(error).toMatchObject({ code: 'REGISTRY_ERROR' })
    return { error: true }
  }
}

describe.skipIf(rows.length === 0)('nextPage, shared table', () => {
  it.each(rows)('$name', ({ input, expect: expected }) => {
    expect(expected.anyOf ?? [expected]).toContainEqual(answer(input))
  })
})

describe('nextPage', () => {
  const url = 'https://r.example/v2/app/tags/list'

  it.each([
    ['another host', '<https://evil.example/v2/>; rel="next"'],
    ['another scheme', '<http://r.example/v2/>; rel="next"'],
    ['another port', '<https://r.example:8443/v2/>; rel="next"'],
    ['credentials', '<https://user@r.example/v2/>; rel="next"'],
  ])('refuses a page at %s', (_, link) => {
    expect(answer({ url, link: [link] })).toEqual({ error: true })
  })

  it('resolves a relative page', () => {
    expect(answer({ url, link: ['<?last=b&n=2>; rel="next"'] })).toEqual({ next: `${url}?last=b&n=2` })
  })

  it('answers long hostile fields at once', () => {
    expect(answer({ url, link: [`<a>${' ;a'.repeat(20_000)}!=`] })).toEqual({ error: true })
  })
})

import { describe, expect, it } from 'vitest'
import { type ListingPage, readPages } from './read-pages.ts'

const read = async (ask: (to: string) => ListingPage<string>) =>
  Array.fromAsync(readPages('registry/app', '1', async (to) => ask(to)))

describe('readPages', () => {
  it('reads from page to page, also past an empty one', async () => {
    const pages: Record<string, ListingPage<string>> = {
      '1': { entries: ['a', 'b'], next: '2' },
      '2': { entries: [], next: '3' },
      '3': { entries: ['c'], next: undefined },
    }
    expect(await read((to) => pages[to] ?? { entries: [], next: undefined })).toEqual(['a', 'b', 'c'])
  })

  it.each<[string, number, (count: number) => ListingPage<string>]>([
    [
      'leads back to a page that was read',
      3,
      (count) => ({ entries: [`${count}`], next: String(1 + (count % 3)) }),
    ],
    ['gives the same page under other names', 2, (count) => ({ entries: ['a'], next: String(count + 1) })],
    ['is empty for ever', 20, (count) => ({ entries: [], next: String(count + 1) })],
    ['never ends', 20_000, (count) => ({ entries: [`${count}`], next: String(count + 1) })],
    [
      'leads on by a link as long as a book',
      1,
      (count) => ({ entries: [`${count}`], next: 'x'.repeat(20_000) }),
    ],
  ])('refuses a list that %s', async (_, most, answer) => {
    let count = 0
    await expect(read(() => answer(++count))).rejects.toMatchObject({
      code: 'LISTING_INVALID',
      subject: 'registry/app',
    })
    expect(count).toBeLessThanOrEqual(most)
  })

  it('reads from the start again when the total falls', async () => {
    const content = ['a', 'b', 'c', 'd', 'e']
    const found = await read((to) => {
      const page = Number(to)
      const entries = content.slice((page - 1) * 2, page * 2)
      const total = content.length
      if (page === 1 && total === 5) content.shift()
      return { entries, total, next: page * 2 < total ? String(page + 1) : undefined }
    })
    expect(new Set(found)).toEqual(new Set(['a', 'b', 'c', 'd', 'e']))
  })

  const pagesOf = (content: readonly string[], to: string): ListingPage<string> => {
    const page = Number(to)
    const entries = content.slice((page - 1) * 2, page * 2)
    return { entries, next: page * 2 < content.length ? String(page + 1) : undefined }
  }

  it.each<[string, number, string[], (content: string[], reads: number) => void]>([
    ['once when it is one page', 1, ['a', 'b'], () => {}],
    ['twice when there are more', 6, ['a', 'b', 'c', 'd', 'e'], () => {}],
    [
      'until nothing is new',
      6,
      ['a', 'b', 'c', 'd', 'e'],
      (content, reads) => void (reads === 1 && content.shift()),
    ],
    [
      'until nothing is new where only one page is left',
      3,
      ['a', 'b', 'c'],
      (content, reads) => void (reads === 1 && content.shift()),
    ],
  ])('reads numbered pages without a total %s, and gives each entry once', async (_, most, all, change) => {
    const content = [...all]
    let reads = 0
    const pages = readPages(
      'registry/app',
      '1',
      async (to) => {
        const got = pagesOf(content, to)
        change(content, ++reads)
        return got
      },
      { isNumbered: true },
    )
    expect((await Array.fromAsync(pages)).toSorted()).toEqual(all)
    expect(reads).toBe(most)
  })

  it('gives up on numbered pages that bring something new whenever they are read', async () => {
    let reads = 0
    const pages = readPages('registry/app', '1', async (to) => pagesOf(['a', 'b', `${++reads}`], to), {
      isNumbered: true,
    })
    await expect(Array.fromAsync(pages)).rejects.toMatchObject({ code: 'LISTING_FAILED', retryable: true })
    expect(reads).toBe(8)
  })

  it('gives up on a list that shrinks whenever it is read', async () => {
    let total = 1000
    const pending = read((to) => ({ entries: [`${total}`], total: total--, next: String(Number(to) + 1) }))
    await expect(pending).rejects.toMatchObject({ code: 'LISTING_FAILED', retryable: true })
    expect(total).toBeGreaterThan(980)
  })
})

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

  it('gives up on a list that shrinks whenever it is read', async () => {
    let total = 1000
    const pending = read((to) => ({ entries: [`${total}`], total: total--, next: String(Number(to) + 1) }))
    await expect(pending).rejects.toMatchObject({ code: 'LISTING_FAILED', retryable: true })
    expect(total).toBeGreaterThan(980)
  })
})

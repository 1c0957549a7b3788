import { describe, expect, it } from 'vitest'
import { collect } from '../testing/sample-image.ts'
import { tapContent } from './tap-content.ts'

const parts = ['one', 'two', 'three'].map((text) => Buffer.from(text))

async function* stream(upTo = parts.length, onTaken?: (count: number) => void): AsyncGenerator<Uint8Array> {
  for (const [at, part] of parts.slice(0, upTo).entries()) {
    onTaken?.(at + 1)
    yield part
  }
}

describe('tapContent', () => {
  it('gives all of the content to both', async () => {
    let read = ''
    const passed = await collect(
      tapContent(stream(), async (content) => {
        read = (await collect(content)).toString()
      }),
    )
    expect([read, passed.toString()]).toEqual(['onetwothree', 'onetwothree'])
  })

  it('waits for the tap before it takes more', async () => {
    let taken = 0
    const gate = Promise.withResolvers<void>()
    const tapped = tapContent(
      stream(3, (count) => (taken = count)),
      async (content) => {
        for await (const _ of content) await gate.promise
      },
    )
    const all = collect(tapped)
    for (let turn = 0; turn < 100; turn++) await Promise.resolve()
    expect(taken).toBeLessThan(3)
    gate.resolve()
    expect((await all).toString()).toBe('onetwothree')
  })

  it('keeps the last chunk until the tap is done, and for good when the tap refuses', async () => {
    const passed: string[] = []
    const refused = async (): Promise<void> => {
      for await (const chunk of tapContent(stream(), async (content) => {
        await collect(content)
        throw new Error('malware')
      })) {
        passed.push(Buffer.from(chunk).toString())
      }
    }
    await expect(refused()).rejects.toThrow('malware')
    expect(passed).toEqual(['one', 'two'])
  })

  it('ends soon when the tap fails in the middle', async () => {
    let taken = 0
    async function* long(): AsyncGenerator<Uint8Array> {
      for (; taken < 1000; taken++) yield Buffer.from('part')
    }
    const tapped = tapContent(long(), async (content) => {
      for await (const _ of content) throw new Error('not a tar')
    })
    await expect(collect(tapped)).rejects.toThrow('not a tar')
    expect(taken).toBeLessThan(10)
  })

  it.each([
    ['without reading', async () => {}],
    [
      'after the first chunk',
      async (content: AsyncIterable<Uint8Array>) => {
        for await (const _ of content) break
      },
    ],
  ])('passes everything on when the tap returns %s', async (_, tap) => {
    expect((await collect(tapContent(stream(), tap))).toString()).toBe('onetwothree')
  })

  it.each([
    [
      'breaks off',
      async (tapped: AsyncIterable<Uint8Array>) => {
        await expect(collect(tapped)).rejects.toThrow('cut')
      },
    ],
    [
      'is given up',
      async (tapped: AsyncIterable<Uint8Array>) => {
        for await (const _ of tapped) break
      },
    ],
  ])('lets the tap see no end of a transfer that %s', async (_, end) => {
    async function* cut(): AsyncGenerator<Uint8Array> {
      yield* stream(2)
      throw new Error('cut')
    }
    const seen = Promise.withResolvers<unknown>()
    await end(
      tapContent(cut(), async (content) => {
        await collect(content).then(seen.resolve, seen.reject)
      }),
    )
    await expect(seen.promise).rejects.toThrow('broke off')
  })
})

import { randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createChunkWindow } from './chunk-window.ts'

/** Content in pieces of the given lengths, counting what was asked for. */
function piecesOf(content: Uint8Array, lengths: readonly number[]) {
  const tally = { given: 0 }
  async function* pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    for (let turn = 0; tally.given < content.byteLength; turn++) {
      const piece = content.subarray(tally.given, tally.given + lengths[turn % lengths.length]!)
      tally.given += piece.byteLength
      yield piece
    }
  }
  return { tally, pieces: pieces() }
}

describe('createChunkWindow', () => {
  const size = fc.integer({ min: 1, max: 300 })

  it('gives the content from the start on, whatever arrives of each chunk, and reads no further than it must', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 2000 }),
        fc.nat(),
        fc.array(size, { minLength: 1, maxLength: 9 }),
        fc.array(fc.record({ length: size, arrived: fc.nat() }), { minLength: 1, maxLength: 9 }),
        async (total, from, lengths, turns) => {
          const content = randomBytes(total)
          const start = from % (total + 1)
          const { pieces, tally } = piecesOf(content, lengths)
          const window = createChunkWindow(pieces, total, start)
          const arrived: Uint8Array[] = []
          for (let turn = 0; window.position < total; turn++) {
            const { length, arrived: luck } = turns[turn % turns.length]!
            const { position } = window
            const chunk = await window.fill(length)
            expect(chunk.byteLength).toBe(Math.min(length, total - position))
            expect((await window.fill(length)).byteLength).toBe(chunk.byteLength)
            expect(tally.given).toBeLessThan(position + Math.max(length, 300) + 300)
            // At last all of it, so that it ends.
            const count = turn > 50 ? chunk.byteLength : luck % (chunk.byteLength + 1)
            arrived.push(Buffer.from(chunk.subarray(0, count)))
            window.advance(count)
          }
          expect(Buffer.concat(arrived).equals(content.subarray(start))).toBe(true)
        },
      ),
    )
  })

  it('gives fewer bytes when the content ends early', async () => {
    const { pieces } = piecesOf(randomBytes(10), [4])
    const window = createChunkWindow(pieces, 20, 0)
    expect((await window.fill(15)).byteLength).toBe(10)
  })
})

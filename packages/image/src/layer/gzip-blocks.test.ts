import { execFileSync } from 'node:child_process'
import { gunzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gzipBlocks } from './gzip-blocks.ts'

async function gzip(chunks: Iterable<Uint8Array>, level = 6): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of gzipBlocks(toStream(chunks), { level })) parts.push(part)
  return Buffer.concat(parts)
}

async function* toStream(chunks: Iterable<Uint8Array>) {
  yield* chunks
}

/** Repeats itself over the borders of blocks. */
const text = (bytes: number) => Buffer.alloc(bytes, 'a line of text that comes again and again\n')

describe('gzipBlocks', () => {
  it.each([0, 1, 1024 * 1024 - 1, 1024 * 1024, 1024 * 1024 + 1, 5_000_000])(
    'gives back %i bytes, and gunzip of others reads them',
    async (bytes) => {
      const content = text(bytes)
      const compressed = await gzip([content])
      expect(gunzipSync(compressed).equals(content)).toBe(true)
      const options = { input: compressed, maxBuffer: 16 * 1024 * 1024 }
      expect(execFileSync('gzip', ['-dc'], options).equals(content)).toBe(true)
    },
  )

  it('gives the same bytes however they arrive', async () => {
    const content = text(2_500_000)
    const whole = await gzip([content])
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: content.length }), { maxLength: 6 }), async (cuts) => {
        const at = [0, ...cuts.sort((one, other) => one - other), content.length]
        const parts = at.slice(1).map((end, index) => content.subarray(at[index], end))
        expect((await gzip(parts)).equals(whole)).toBe(true)
      }),
      { numRuns: 10 },
    )
  })

  it('ends with the error of its source', async () => {
    async function* broken() {
      yield text(3_000_000)
      throw new Error('the disk is gone')
    }
    const read = async () => {
      for await (const _ of gzipBlocks(broken(), { level: 1 }));
    }
    await expect(read()).rejects.toThrow('the disk is gone')
  })
})

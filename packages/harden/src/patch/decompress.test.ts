import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type Compression, compressionOf, decompress } from './decompress.ts'
import { collectBytes } from './mirror/read-small.ts'

const samples: readonly (readonly [Compression, Uint8Array])[] = [
  ['none', Buffer.from('hello')],
  ['gzip', gzipSync('hello')],
  ['zstd', zstdCompressSync('hello')],
  [
    'xz',
    Buffer.from(
      '/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAEaGVsbG8AAAAAsTe52+XaHpsAAR0FuC2Arx+2830BAAAAAARZWg==',
      'base64',
    ),
  ],
]

async function* pieces(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7)
}
const run = (bytes: AsyncIterable<Uint8Array>, compression: Compression, maxBytes = 100) =>
  collectBytes(decompress(bytes, compression, { maxBytes, name: 'x' }), 1000, 'x')

describe('decompress', () => {
  it.each(samples)('reads %s', async (compression, bytes) => {
    expect((await run(pieces(bytes), compression)).toString()).toBe('hello')
  })

  it.each(samples)('stops %s at the limit', async (compression, bytes) => {
    await expect(run(pieces(bytes), compression, 4)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it.each(samples.slice(1))('refuses what is no %s, and what is cut', async (compression, bytes) => {
    await expect(run(pieces(Buffer.from('not compressed')), compression)).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
    })
    await expect(run(pieces(bytes.subarray(0, -6)), compression)).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
    })
  })

  it.each(samples)('tells what the source of %s fails of', async (compression, bytes) => {
    const error = new Error('the source')
    async function* failing() {
      yield bytes.subarray(0, 3)
      await Promise.resolve()
      throw error
    }
    await expect(run(failing(), compression)).rejects.toBe(error)
  })
})

describe('decompress, of a source that vouches for its bytes at its end', () => {
  // Zeros behind gzip are padding; an engine that is done with them asks for no more of the source.
  it.each(samples)('does not end before the source of %s does', async (compression, bytes) => {
    const error = new Error('another checksum')
    async function* forged() {
      yield bytes
      await new Promise((resolve) => setImmediate(resolve))
      for (let count = 0; count < 64; count++) yield new Uint8Array(64 * 1024)
      throw error
    }
    const read = async () => {
      for await (const chunk of decompress(forged(), compression, { maxBytes: 2 ** 30, name: 'x' }))
        if (chunk.length > 2 ** 30) return
    }
    await expect(read()).rejects.toMatchObject(
      compression === 'zstd' ? { code: 'ARCHIVE_INVALID' } : { message: error.message },
    )
  })
})

describe('compressionOf', () => {
  it.each([
    ['Packages', 'none'],
    ['data.tar', 'none'],
    ['data.tar.gz', 'gzip'],
    ['Packages.xz', 'xz'],
    ['control.tar.zst', 'zstd'],
    ['data.tar.bz2', undefined],
    ['data.tar.lzma', undefined],
  ])('of %s is %s', (name, expected) => {
    expect(compressionOf(name)).toBe(expected)
  })
})

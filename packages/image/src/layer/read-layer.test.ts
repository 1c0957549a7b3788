import { gzipSync } from 'node:zlib'
import { digestOf, mediaTypes } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { createTarWriter } from '../tar/create-tar-writer.ts'
import { readLayer, type ReadLayerOptions } from './read-layer.ts'

const large = Buffer.alloc(700_000, 'content that is longer than one chunk. ')
const tar = createTarWriter()
  .add({ type: 'directory', path: 'usr/' })
  .add({ type: 'file', path: 'usr/small', data: 'small' })
  .add({ type: 'file', path: 'usr/empty' })
  .add({ type: 'hardlink', path: 'usr/link', linkPath: 'usr/small' })
  .add({ type: 'file', path: 'usr/.wh.gone' })
  .add({ type: 'file', path: 'usr/large', data: large })
  .finish()
const blob = gzipSync(tar)
const descriptor = { mediaType: mediaTypes.ociLayerGzip, digest: digestOf(blob), size: blob.length }
const diffId = digestOf(tar)

async function* pieces(bytes: Uint8Array, size = 1000) {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

const read = (bytes: Uint8Array, options: Partial<ReadLayerOptions> = {}) =>
  readLayer(pieces(bytes), { descriptor, diffId, ...options })

describe('readLayer', () => {
  it('gives the index, and the content of the files that were asked for', async () => {
    const log: string[] = []
    const contents = new Map<string, Buffer[]>()
    const { entries } = await read(blob, {
      visit({ path }, position) {
        log.push(`${position} ${path}`)
        if (path === '/usr/small') return undefined
        const parts: Buffer[] = []
        contents.set(path, parts)
        return {
          // Whatever comes next has to wait for it.
          async write(chunk) {
            await Promise.resolve()
            parts.push(Buffer.from(chunk))
          },
          end: () => void log.push(`end of ${path} after ${Buffer.concat(parts).length}`),
        }
      },
    })
    expect(entries.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'directory /usr',
      'file /usr/small',
      'file /usr/empty',
      'hardlink /usr/link',
      'whiteout /usr/gone',
      'file /usr/large',
    ])
    expect(log.toSorted()).toEqual([
      '1 /usr/small',
      '2 /usr/empty',
      '5 /usr/large',
      'end of /usr/empty after 0',
      'end of /usr/large after 700000',
    ])
    expect(Buffer.concat(contents.get('/usr/large')!).equals(large)).toBe(true)
  })

  it.each([
    [
      'other bytes than the digest says',
      { descriptor: { ...descriptor, digest: digestOf('x') } },
      'DIGEST_MISMATCH',
    ],
    ['another tar than the diff id says', { diffId: digestOf('x') }, 'DIFF_ID_MISMATCH'],
    ['a byte too few', { descriptor: { ...descriptor, size: blob.length + 1 } }, 'LAYER_CORRUPT'],
    ['a byte too many', { descriptor: { ...descriptor, size: blob.length - 1 } }, 'LAYER_CORRUPT'],
    ['a foreign layer', { descriptor: { ...descriptor, mediaType: 'text/plain' } }, 'LAYER_UNSUPPORTED'],
    ['too many entries', { limits: { maxEntries: 3 } }, 'LIMIT_EXCEEDED'],
    ['too many bytes', { limits: { maxLayerBytes: 100_000 } }, 'LIMIT_EXCEEDED'],
  ] as const)('refuses %s', async (_, options, code) => {
    await expect(read(blob, options)).rejects.toMatchObject({ name: 'ImageError', code })
  })

  it('ends with what a sink throws, and with the reason of an abort', async () => {
    const failing = read(blob, {
      visit: () => ({
        write() {
          throw new Error('no space')
        },
        end: () => undefined,
      }),
    })
    await expect(failing).rejects.toThrow('no space')
    const controller = new AbortController()
    const aborted = read(blob, {
      signal: controller.signal,
      onTarBytes: () => controller.abort(new Error('enough')),
    })
    await expect(aborted).rejects.toThrow('enough')
  })
})

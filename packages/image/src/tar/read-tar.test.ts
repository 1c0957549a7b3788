import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTarWriter } from './create-tar-writer.ts'
import { encodeTarHeader, type TarHeaderInput } from './encode-header.ts'
import { decodeName } from './name-bytes.ts'
import { readTar, type ReadTarOptions } from './read-tar.ts'
import type { TarEntry } from './tar-header.ts'
import { writeTar } from './write-tar.ts'

interface ReadEntry {
  readonly entry: TarEntry
  readonly data: Buffer
}

async function readAll(
  tar: Uint8Array,
  options: ReadTarOptions = {},
  chunkSize = 1 << 20,
): Promise<ReadEntry[]> {
  function* chunks() {
    for (let start = 0; start < tar.length; start += chunkSize) yield tar.subarray(start, start + chunkSize)
  }
  const found: { entry: TarEntry; chunks: Uint8Array[] }[] = []
  for await (const event of readTar(chunks(), options)) {
    if (event.type === 'entry') found.push({ entry: event.entry, chunks: [] })
    else found.at(-1)?.chunks.push(event.chunk)
  }
  return found.map(({ entry, chunks: data }) => ({ entry, data: Buffer.concat(data) }))
}

const end = Buffer.alloc(1024)
const block = (header: TarHeaderInput) => Buffer.from(encodeTarHeader(header))
/** A header block changed by hand, with the right checksum again. */
function patched(header: TarHeaderInput, change: (bytes: Buffer) => void): Buffer {
  const bytes = block(header)
  change(bytes)
  bytes.fill(0x20, 148, 156)
  let sum = 0
  for (const byte of bytes.subarray(0, 512)) sum += byte
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return bytes
}
const file = { type: 'file', path: 'f', size: 5 } as const
const extension = (flag: string, body: string) => {
  const header = patched({ type: 'file', path: 'ext', size: body.length }, (bytes) => bytes.write(flag, 156))
  const data = Buffer.alloc(Math.ceil(body.length / 512) * 512)
  data.write(body, 'latin1')
  return Buffer.concat([header, data])
}
const record = (keyword: string, value: string) => {
  const rest = ` ${keyword}=${value}\n`
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return `${length}${rest}`
}
const body = Buffer.concat([Buffer.from('hello'), Buffer.alloc(507)])

describe('readTar', () => {
  it.each([
    ['a wrong checksum', 'TAR_INVALID', 0, Buffer.concat([block(file).fill(0x31, 0, 1), body, end])],
    ['a header of text', 'TAR_INVALID', 0, Buffer.alloc(1024, 'text')],
    ['a cut header', 'TAR_INVALID', 100, block(file).subarray(0, 100)],
    ['a cut body', 'TAR_INVALID', 514, Buffer.concat([block(file), body.subarray(0, 2)])],
    ['a cut padding', 'TAR_INVALID', 600, Buffer.concat([block(file), body]).subarray(0, 600)],
    ['a missing end', 'TAR_INVALID', 1024, Buffer.concat([block(file), body])],
    [
      'an empty GNU long name',
      'TAR_INVALID',
      0,
      Buffer.concat([extension('L', '\0'), block(file), body, end]),
    ],
    ['an empty GNU long link', 'TAR_INVALID', 0, Buffer.concat([extension('K', ''), block(file), body, end])],
    [
      'a prefix that not all take for one',
      'TAR_INVALID',
      0,
      Buffer.concat([
        patched(file, (bytes) => {
          bytes.write('ustar  \0', 257, 'latin1')
          bytes.write('d\xe9r', 345, 'latin1')
        }),
        body,
        end,
      ]),
    ],
    [
      'an entry after a zero block',
      'TAR_INVALID',
      512,
      Buffer.concat([Buffer.alloc(512), block(file), body, end]),
    ],
    [
      'a negative size',
      'TAR_INVALID',
      0,
      Buffer.concat([patched(file, (bytes) => bytes.fill(0xff, 124, 136)), end]),
    ],
    [
      'a size beyond 2^53',
      'TAR_INVALID',
      0,
      Buffer.concat([patched(file, (bytes) => bytes.fill(0x7f, 125, 136).fill(0x80, 124, 125)), end]),
    ],
    [
      'a size of letters',
      'TAR_INVALID',
      0,
      Buffer.concat([patched(file, (bytes) => bytes.write('12x4', 124)), end]),
    ],
    [
      'a sparse file',
      'TAR_UNSUPPORTED',
      0,
      Buffer.concat([patched(file, (bytes) => bytes.write('S', 156)), body, end]),
    ],
    [
      'an unknown type',
      'TAR_UNSUPPORTED',
      0,
      Buffer.concat([patched(file, (bytes) => bytes.write('V', 156)), body, end]),
    ],
    [
      'a PAX sparse file',
      'TAR_UNSUPPORTED',
      1024,
      Buffer.concat([extension('x', record('GNU.sparse.major', '1')), block(file), body, end]),
    ],
    [
      'a malformed PAX length',
      'TAR_INVALID',
      0,
      Buffer.concat([extension('x', '99 path=a\n'), block(file), body, end]),
    ],
    [
      'a PAX record without =',
      'TAR_INVALID',
      0,
      Buffer.concat([extension('x', '8 path\n\n'), block(file), body, end]),
    ],
    [
      'a NUL in a PAX path',
      'TAR_INVALID',
      1024,
      Buffer.concat([extension('x', record('path', 'a\0b')), block(file), body, end]),
    ],
    [
      'a negative PAX size',
      'TAR_INVALID',
      1024,
      Buffer.concat([extension('x', record('size', '-5')), block(file), body, end]),
    ],
    [
      'a PAX size that is no number',
      'TAR_INVALID',
      1024,
      Buffer.concat([extension('x', record('size', '0x5')), block(file), body, end]),
    ],
    [
      'PAX and GNU names that differ',
      'TAR_INVALID',
      2048,
      Buffer.concat([extension('L', 'one\0'), extension('x', record('path', 'two')), block(file), body, end]),
    ],
    [
      'two PAX headers for one entry',
      'TAR_INVALID',
      1024,
      Buffer.concat([
        extension('x', record('path', 'a')),
        extension('x', record('path', 'a')),
        block(file),
        body,
        end,
      ]),
    ],
    [
      'a PAX header without an entry',
      'TAR_INVALID',
      1024,
      Buffer.concat([extension('x', record('path', 'a')), end]),
    ],
  ])('refuses %s with %s at byte %i', async (_, code, offset, tar) => {
    for (const chunkSize of [1, 511, 1 << 20]) {
      await expect(readAll(tar, {}, chunkSize)).rejects.toMatchObject({ name: 'ImageError', code, offset })
    }
  })

  it.each([
    [
      'PAX bytes',
      { maxPaxBytes: 100 },
      Buffer.concat([extension('x', record('path', 'a'.repeat(200))), block(file)]),
    ],
    ['path bytes', { maxPathBytes: 100 }, Buffer.concat([extension('L', 'a'.repeat(200)), block(file)])],
    ['entries', { maxEntries: 2 }, Buffer.concat([1, 2, 3].map(() => Buffer.concat([block(file), body])))],
    [
      'metadata',
      { maxMetadataBytes: 300 },
      Buffer.concat([1, 2].map(() => extension('g', record('comment', 'a'.repeat(200))))),
    ],
  ])('refuses more %s than allowed', async (_, limits, tar) => {
    await expect(readAll(Buffer.concat([tar, end]), limits)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('does not reserve memory for an extension that is larger than allowed', async () => {
    const huge = patched({ type: 'file', path: 'ext', size: 2 ** 32 }, (bytes) => bytes.write('x', 156))
    await expect(readAll(Buffer.concat([huge, end]))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('reads base-256 numbers, also negative ones', async () => {
    const header = patched(file, (bytes) => {
      bytes.fill(0xff, 136, 148)
      bytes[147] = 0xfe
      bytes.fill(0, 108, 116)
      bytes[108] = 0x80
      bytes.writeUInt32BE(3_000_000_000, 112)
    })
    const [read] = await readAll(Buffer.concat([header, body, end]))
    expect(read?.entry).toMatchObject({ mtime: -2, uid: 3_000_000_000 })
  })

  it('joins the ustar prefix, and does not take GNU times for one', async () => {
    const withPrefix = (magic: string, prefix: string) =>
      patched(file, (bytes) => {
        bytes.write(magic, 257, 'latin1')
        bytes.write(prefix, 345, 'latin1')
      })
    const names = async (tar: Buffer) => (await readAll(Buffer.concat([tar, body, end])))[0]?.entry.path
    expect(await names(withPrefix('ustar\x0000', 'dir'))).toBe('dir/f')
    expect(await names(withPrefix('ustar  \0', '14000000000\x0014000000000\0'))).toBe('f')
    expect(await names(withPrefix('ustar  \0', 'dir'))).toBe('dir/f')
    expect(await names(withPrefix('\0\0\0\0\0\0\0\0', 'dir'))).toBe('f')
  })

  it('applies global PAX records until an entry overrides them', async () => {
    const tar = Buffer.concat([
      extension('g', record('uid', '7') + record('mtime', '1.5')),
      block(file),
      body,
      extension('x', record('uid', '8')),
      block(file),
      body,
      end,
    ])
    expect((await readAll(tar)).map(({ entry }) => [entry.uid, entry.mtime, entry.offset])).toEqual([
      [7, 1.5, 1024],
      [8, 1.5, 2048],
    ])
  })

  it('takes an entry of type NUL whose name ends in a slash for a directory', async () => {
    const old = patched({ type: 'file', path: 'd/' }, (bytes) => bytes.fill(0, 156, 157))
    expect((await readAll(Buffer.concat([old, end])))[0]?.entry.type).toBe('directory')
  })

  it('stops by its signal', async () => {
    const reason = new Error('enough')
    await expect(readAll(end, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

const name = fc
  .uint8Array({ minLength: 1, maxLength: 300 })
  .map((bytes) => bytes.map((byte) => (byte === 0 ? 1 : byte)))
const text = name.map((bytes) => Buffer.from(bytes))
const header = fc.record({
  path: text,
  mode: fc.nat(0o7777),
  uid: fc.oneof(fc.nat(70_000), fc.integer({ min: -5, max: 2 ** 40 })),
  gid: fc.nat(),
  mtime: fc.oneof(
    fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
    fc.tuple(fc.integer(), fc.nat(999_999_999)).map(([seconds, nanos]) => seconds + nanos / 1e9),
    // Numbers of which JavaScript writes an exponent.
    fc
      .tuple(fc.double({ min: 1e-9, max: 1e-6, noNaN: true }), fc.constantFrom(1, -1))
      .map(([size, sign]) => size * sign),
  ),
  data: fc.uint8Array({ maxLength: 1200 }),
  xattrs: fc.dictionary(
    fc.constantFrom('security.capability', 'user.x', 'user.ü'),
    fc.uint8Array({ maxLength: 40 }),
    {
      maxKeys: 3,
    },
  ),
})

describe('createTarWriter', () => {
  it('writes what readTar reads, byte for byte the same each time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(header, { maxLength: 6 }),
        fc.integer({ min: 1, max: 2000 }),
        async (files, chunkSize) => {
          const build = () => {
            const writer = createTarWriter()
            for (const { path, xattrs, ...rest } of files) {
              writer.add({
                type: 'file',
                ...rest,
                path: decodeName(path),
                xattrs: new Map(Object.entries(xattrs)),
              })
            }
            return writer.finish()
          }
          const tar = build()
          expect(Buffer.compare(tar, build())).toBe(0)
          const read = await readAll(tar, {}, chunkSize)
          expect(read.map(({ entry, data }) => ({ ...pick(entry), data: data.toString('hex') }))).toEqual(
            files.map((each) => ({
              path: decodeName(each.path),
              mode: each.mode,
              uid: each.uid,
              gid: each.gid,
              mtime: each.mtime,
              xattrs: hexes(Object.entries(each.xattrs)),
              data: Buffer.from(each.data).toString('hex'),
            })),
          )
        },
      ),
      { numRuns: 200 },
    )
  })
})

function pick({ path, mode, uid, gid, mtime, xattrs }: TarEntry) {
  return { path, mode, uid, gid, mtime, xattrs: hexes([...xattrs]) }
}

function hexes(xattrs: [string, Uint8Array][]) {
  return Object.fromEntries(xattrs.map(([key, value]) => [key, Buffer.from(value).toString('hex')]))
}

describe('writeTar', () => {
  it('gives the bytes of createTarWriter', async () => {
    const chunks: Uint8Array[] = []
    const entry = { type: 'file', path: 'a/b', mode: 0o644, mtime: 5 } as const
    const source = [{ header: { ...entry, size: 5 }, content: [Buffer.from('he'), Buffer.from('llo')] }]
    for await (const chunk of writeTar(source)) chunks.push(chunk)
    expect(
      Buffer.compare(
        Buffer.concat(chunks),
        createTarWriter()
          .add({ ...entry, data: 'hello' })
          .finish(),
      ),
    ).toBe(0)
  })

  it.each(['hell', 'hello!'])('refuses the content %s for a size of 5', async (content) => {
    const writing = async () => {
      for await (const chunk of writeTar([{ header: file, content: [Buffer.from(content)] }])) void chunk
    }
    await expect(writing()).rejects.toMatchObject({ code: 'TAR_INVALID' })
  })
})

import { createHash } from 'node:crypto'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { LayerEntry, LayerEntryKind } from '@sallyport/image'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LayerFacts } from '../files/layer-facts.ts'
import { decodeLayerFacts } from './decode-layer-facts.ts'
import { encodeLayerFacts } from './encode-layer-facts.ts'
import { kindsOfEntry, magic } from './facts-format.ts'

const number = fc.oneof(fc.constant(0), fc.maxSafeNat())
const name = fc.string({
  unit: fc.oneof(fc.constantFrom('a', '/', 'é', '\udc80', '"', '\n'), fc.string({ maxLength: 1 })),
})
const bytes = fc.uint8Array({ maxLength: 20 })
const entry: fc.Arbitrary<Omit<LayerEntry, 'offset' | 'dataOffset'>> = fc.record({
  kind: fc.constantFrom<LayerEntryKind>(...kindsOfEntry),
  path: name,
  linkTarget: name,
  mode: fc.nat(0o7777),
  uid: number,
  gid: number,
  mtime: fc.oneof(
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((time) => time + 0),
  ),
  size: fc.nat(100_000),
  deviceMajor: fc.nat(255),
  deviceMinor: fc.nat(255),
  xattrs: fc
    .uniqueArray(fc.tuple(name, bytes), { maxLength: 2, selector: ([key]) => key })
    .map((pairs) => new Map(pairs)),
})
const examination = fc.oneof(
  fc.record({ kind: fc.constant('found' as const), value: fc.oneof(fc.constant(undefined), fc.jsonValue()) }),
  fc.record({ kind: fc.constantFrom('broken' as const, 'limited' as const), message: fc.string() }),
)
const factsOf: fc.Arbitrary<LayerFacts> = fc
  .record({
    tarBytes: fc.nat(),
    heldBytes: fc.nat(),
    hiddenBytes: fc.boolean(),
    entries: fc.array(entry, { maxLength: 6 }),
    contents: fc.dictionary(fc.nat(9).map(String), fc.option(bytes, { nil: undefined })),
    examinations: fc.array(fc.tuple(fc.nat(9), examination), { maxLength: 4 }),
  })
  .map(({ tarBytes, heldBytes, hiddenBytes, entries, contents, examinations }) => {
    let end = 0
    const placed = entries.map((one) => {
      const offset = end + 7
      const dataOffset = offset + 512
      end = dataOffset + one.size
      return { ...one, offset, dataOffset }
    })
    return {
      tarBytes,
      heldBytes,
      index: { entries: placed, hiddenBytes },
      contents: new Map(Object.entries(contents).map(([position, content]) => [Number(position), content])),
      examinations: new Map([['elf', new Map(examinations)]]),
    }
  })

/** JSON has no -0, and the kinds of byte arrays do not matter. */
const plain = (facts: LayerFacts | undefined): unknown =>
  JSON.parse(
    JSON.stringify(facts, (_, value: unknown) => {
      if (value instanceof Map) return [...(value as Map<unknown, unknown>)]
      if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
      // Buffers come here as what their own `toJSON` gives.
      const { type, data } = (value ?? {}) as { type?: unknown; data?: number[] }
      return type === 'Buffer' && data ? Buffer.from(data).toString('hex') : value
    }) ?? 'null',
  )

const sample: LayerFacts = {
  tarBytes: 10_240,
  heldBytes: 3,
  index: { entries: [], hiddenBytes: false },
  contents: new Map([[3, Buffer.from('content')]]),
  examinations: new Map([['elf', new Map([[1, { kind: 'broken', message: 'cut' }]])]]),
}

/** The entry with another body, its checksum made to fit. */
function reseal(encoded: Uint8Array, change: (body: Buffer) => Uint8Array): Uint8Array {
  const body = zstdCompressSync(change(zstdDecompressSync(encoded.subarray(magic.length + 32))))
  return Buffer.concat([magic, createHash('sha256').update(body).digest(), body])
}

/** The body with other fields in its header; all columns that are not named have one value. */
function editHeader(body: Buffer, fields: Readonly<Record<string, unknown>>): Buffer {
  const end = 4 + body.readUInt32LE(0)
  const header = JSON.parse(body.toString('utf8', 4, end)) as Record<string, unknown>
  for (const [field, value] of Object.entries(header)) if (JSON.stringify(value) === '[]') header[field] = 0
  const text = Buffer.from(JSON.stringify({ ...header, links: [], xattrs: [], paths: [], ...fields }))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length)
  return Buffer.concat([length, text, body.subarray(end)])
}

describe('encodeLayerFacts', () => {
  it('writes what decodeLayerFacts reads', async () => {
    await fc.assert(
      fc.asyncProperty(factsOf, async (facts) => {
        expect(plain(await decodeLayerFacts('key', await encodeLayerFacts('key', facts)))).toEqual(
          plain(facts),
        )
      }),
    )
  })
})

describe('decodeLayerFacts', () => {
  it('gives nothing for the facts of another key', async () => {
    const encoded = await encodeLayerFacts('one', sample)
    expect(await decodeLayerFacts('other', encoded)).toBeUndefined()
    expect(await decodeLayerFacts('one', encoded)).toBeDefined()
  })

  it('gives nothing when it is cut anywhere, or any byte was changed', async () => {
    const encoded = await encodeLayerFacts('key', sample)
    for (let at = 0; at < encoded.length; at += 1) {
      expect(await decodeLayerFacts('key', encoded.subarray(0, at))).toBeUndefined()
      const changed = Buffer.from(encoded)
      changed[at]! ^= 1
      expect(await decodeLayerFacts('key', changed)).toBeUndefined()
    }
    expect(await decodeLayerFacts('key', Buffer.concat([encoded, Buffer.alloc(1)]))).toBeUndefined()
  })

  it.each<[string, (body: Buffer) => Uint8Array]>([
    ['no header', () => Buffer.alloc(0)],
    ['a header that is no JSON', () => Buffer.from('\x02\0\0\0no')],
    ['a content that is missing', (body) => body.subarray(0, body.length - 1)],
    ['a content too much', (body) => Buffer.concat([body, Buffer.from('x')])],
    ['a path without its other columns', (body) => editHeader(body, { paths: [''], mode: [] })],
    ['a path that is no text', (body) => editHeader(body, { paths: [7], kind: 0, mode: 0 })],
    ['an unknown kind of entry', (body) => editHeader(body, { paths: [''], kind: 99 })],
    [
      'an unknown kind of examination',
      (body) => editHeader(body, { examinations: [['elf', [[1, 'good', 1]]]] }),
    ],
  ])('gives nothing for %s, though the checksum fits', async (_, change) => {
    const encoded = await encodeLayerFacts('key', sample)
    expect(await decodeLayerFacts('key', reseal(encoded, change))).toBeUndefined()
    expect(
      await decodeLayerFacts(
        'key',
        reseal(encoded, (body) => body),
      ),
    ).toBeDefined()
  })
})

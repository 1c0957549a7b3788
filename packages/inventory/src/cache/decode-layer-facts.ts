import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import type { LayerEntry, LayerIndex } from '@sallyport/image'
import type { Examination, LayerFacts } from '../files/layer-facts.ts'
import { maxCachedBytes } from '../internal/limits.ts'
import { type FactsHeader, kindsOfEntry, magic } from './facts-format.ts'

const decompress = promisify(zstdDecompress)
const hashBytes = 32

/** What {@link encodeLayerFacts} wrote; `undefined` for anything else, whole or not, and for facts of another key. */
export async function decodeLayerFacts(key: string, bytes: Uint8Array): Promise<LayerFacts | undefined> {
  const start = magic.length + hashBytes
  if (bytes.length < start || Buffer.compare(bytes.subarray(0, magic.length), magic) !== 0) return undefined
  const body = bytes.subarray(start)
  const hash = createHash('sha256').update(body).digest()
  if (!hash.equals(bytes.subarray(magic.length, start))) return undefined
  try {
    return unpack(key, await decompress(body, { maxOutputLength: maxCachedBytes }))
  } catch {
    // Whole, and yet not what is written here: nothing of it can be believed.
    return undefined
  }
}

function unpack(key: string, body: Buffer): LayerFacts | undefined {
  const contentStart = 4 + body.readUInt32LE(0)
  // Every field is looked at below, by its type.
  const header = JSON.parse(body.toString('utf8', 4, contentStart)) as FactsHeader
  if (header.key !== key) return undefined
  const contents = new Map<number, Uint8Array | undefined>()
  let at = contentStart
  for (const [position, length] of header.contents) {
    if (!isCount(position) || !(length === -1 || isCount(length)) || at + length > body.length)
      return undefined
    contents.set(position, length === -1 ? undefined : body.subarray(at, at + length))
    at += Math.max(length, 0)
  }
  if (at !== body.length || !isCount(header.tarBytes) || !isCount(header.heldBytes)) return undefined
  return {
    tarBytes: header.tarBytes,
    heldBytes: header.heldBytes,
    index: unpackIndex(header),
    contents,
    examinations: unpackExaminations(header),
  }
}

const noXattrs: ReadonlyMap<string, Uint8Array> = new Map()

function unpackIndex(header: FactsHeader): LayerIndex {
  const { paths, hiddenBytes } = header
  if (typeof hiddenBytes !== 'boolean') throw new TypeError('hiddenBytes')
  const links = new Map(header.links.map(([position, target]) => [position, text(target)]))
  const xattrs = new Map(
    header.xattrs.map(([position, pairs]) => [
      position,
      new Map(
        (pairs as unknown[][]).map(
          ([name, value]) => [text(name), Buffer.from(text(value), 'base64')] as const,
        ),
      ),
    ]),
  )
  const column = (name: 'kind' | 'mode' | 'uid' | 'gid' | 'mtime' | 'size') =>
    numbers(header[name], paths.length)
  const [kind, mode, uid, gid] = [column('kind'), column('mode'), column('uid'), column('gid')]
  const [mtime, size] = [column('mtime'), column('size')]
  const deviceMajor = numbers(header.deviceMajor, paths.length)
  const deviceMinor = numbers(header.deviceMinor, paths.length)
  const headers = numbers(header.headers, paths.length)
  const gaps = numbers(header.gaps, paths.length)
  let end = 0
  const entries = paths.map((path, position): LayerEntry => {
    const offset = end + gaps(position)
    const dataOffset = offset + headers(position)
    end = dataOffset + size(position)
    const known = kindsOfEntry[kind(position)]
    if (known === undefined) throw new TypeError('kind')
    return {
      kind: known,
      path: text(path),
      linkTarget: links.get(position) ?? '',
      mode: mode(position),
      uid: uid(position),
      gid: gid(position),
      mtime: mtime(position),
      size: size(position),
      deviceMajor: deviceMajor(position),
      deviceMinor: deviceMinor(position),
      xattrs: xattrs.get(position) ?? noXattrs,
      offset,
      dataOffset,
    }
  })
  return { entries, hiddenBytes }
}

function unpackExaminations(header: FactsHeader): LayerFacts['examinations'] {
  return new Map(
    header.examinations.map(([name, found]) => [
      text(name),
      new Map(
        (found as unknown[][]).map(([position, kind, value]): [number, Examination] => {
          if (!isCount(position)) throw new TypeError('position')
          if (kind === undefined || kind === 'found') return [position, { kind: 'found', value }]
          if (kind !== 'broken' && kind !== 'limited') throw new TypeError('kind of examination')
          return [position, { kind, message: text(value) }]
        }),
      ),
    ]),
  )
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('text')
  return value
}

/** Reads a column by position. */
function numbers(column: unknown, length: number): (position: number) => number {
  if (typeof column === 'number') return () => column
  const valid = Array.isArray(column) && column.length === length && column.every(Number.isFinite)
  if (!valid) throw new TypeError('column')
  return (position) => column[position] as number
}

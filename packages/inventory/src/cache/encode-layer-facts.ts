import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import type { LayerEntry } from '@sallyport/image'
import type { Examination, LayerFacts } from '../files/layer-facts.ts'
import { type Column, type FactsHeader, kindsOfEntry, magic, packColumn } from './facts-format.ts'

const compress = promisify(zstdCompress)

/** Writes the facts of a layer for a cache. `key` names what they are facts of, and is asked for when they are read. */
export async function encodeLayerFacts(key: string, facts: LayerFacts): Promise<Uint8Array> {
  const { entries, hiddenBytes } = facts.index
  const column = (value: (entry: LayerEntry) => number): Column => packColumn(entries.map(value))
  let end = 0
  const header: FactsHeader = {
    key,
    tarBytes: facts.tarBytes,
    heldBytes: facts.heldBytes,
    hiddenBytes,
    paths: entries.map(({ path }) => path),
    links: entries.flatMap(({ linkTarget }, position) => (linkTarget === '' ? [] : [[position, linkTarget]])),
    xattrs: entries.flatMap(({ xattrs }, position) =>
      xattrs.size === 0
        ? []
        : [[position, [...xattrs].map(([name, value]) => [name, Buffer.from(value).toString('base64')])]],
    ),
    kind: column(({ kind }) => kindsOfEntry.indexOf(kind)),
    mode: column(({ mode }) => mode),
    uid: column(({ uid }) => uid),
    gid: column(({ gid }) => gid),
    mtime: column(({ mtime }) => mtime),
    size: column(({ size }) => size),
    deviceMajor: column(({ deviceMajor }) => deviceMajor),
    deviceMinor: column(({ deviceMinor }) => deviceMinor),
    headers: column(({ offset, dataOffset }) => dataOffset - offset),
    // Where one entry begins tells where the next one does, but for the space between them.
    gaps: column((entry) => {
      const gap = entry.offset - end
      end = entry.dataOffset + entry.size
      return gap
    }),
    contents: [...facts.contents].map(([position, content]) => [position, content?.byteLength ?? -1]),
    examinations: [...facts.examinations].map(([name, found]) => [
      name,
      [...found].map(([position, examination]) => [position, ...packExamination(examination)]),
    ]),
  }
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length)
  const contents = [...facts.contents.values()].filter((content) => content !== undefined)
  const body = await compress(Buffer.concat([length, text, ...contents]), {
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
  })
  return Buffer.concat([magic, createHash('sha256').update(body).digest(), body])
}

function packExamination(examination: Examination): readonly unknown[] {
  if (examination.kind !== 'found') return [examination.kind, examination.message]
  return examination.value === undefined ? [] : ['found', examination.value]
}

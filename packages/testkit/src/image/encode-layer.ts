import { gzipSync, zstdCompressSync } from 'node:zlib'
import { createTarWriter, type TarWriterEntry } from '@sallyport/image'
import type { FileDescription, LayerDescription } from './image-description.ts'

/** The uncompressed tar of a layer: entries sorted by path, whiteouts in between. */
export function encodeLayerTar({ files = {}, whiteouts = [], tar }: LayerDescription): Uint8Array {
  if (tar) return tar
  const entries = Object.entries(files).flatMap(([path, file]) => toEntries(trim(path), file))
  for (const path of whiteouts) entries.push({ type: 'file', path: whiteoutOf(trim(path)) })
  entries.sort(compareEntries)
  const writer = createTarWriter()
  for (const entry of entries) writer.add(entry)
  return writer.finish()
}

/** Compresses a layer's tar; the same bytes each time. */
export function compressLayer(tar: Uint8Array, compression: LayerDescription['compression']): Uint8Array {
  switch (compression) {
    case 'none':
      return tar
    case 'zstd':
      return zstdCompressSync(tar)
    default:
      return gzipSync(tar, { level: 6 })
  }
}

function toEntries(path: string, file: FileDescription): TarWriterEntry[] {
  if (typeof file === 'string' || file instanceof Uint8Array) return [{ type: 'file', path, data: file }]
  const { uid = 0, gid = 0, mtime = 0 } = file
  const xattrs = new Map(Object.entries(file.xattrs ?? {}).map(([name, value]) => [name, Buffer.from(value)]))
  const common = { path, uid, gid, mtime, xattrs, ...(file.mode === undefined ? {} : { mode: file.mode }) }
  if ('content' in file) return [{ ...common, type: 'file', data: file.content }]
  if ('symlink' in file) return [{ ...common, type: 'symlink', linkPath: file.symlink }]
  if ('hardlink' in file) return [{ ...common, type: 'hardlink', linkPath: trim(file.hardlink) }]
  if ('fifo' in file) return [{ ...common, type: 'fifo' }]
  if ('device' in file) {
    const type = file.device === 'character' ? 'character-device' : 'block-device'
    return [{ ...common, type, deviceMajor: file.major, deviceMinor: file.minor }]
  }
  const directory: TarWriterEntry = { ...common, path: `${path}/`, type: 'directory' }
  return file.opaque ? [directory, { type: 'file', path: `${path}/.wh..wh..opq` }] : [directory]
}

/** By path, but a hard link after everything else: its target must come first. */
function compareEntries(a: TarWriterEntry, b: TarWriterEntry): number {
  const late = Number(a.type === 'hardlink') - Number(b.type === 'hardlink')
  return late !== 0 ? late : a.path < b.path ? -1 : 1
}

function whiteoutOf(path: string): string {
  const at = path.lastIndexOf('/') + 1
  return `${path.slice(0, at)}.wh.${path.slice(at)}`
}

function trim(path: string): string {
  return path.replace(/^\/+|\/+$/g, '')
}

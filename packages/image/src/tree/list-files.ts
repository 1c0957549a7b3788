import { createHash } from 'node:crypto'
import { type FileRecord, readMagic } from '@sallyport/core'
import { ImageError } from '../errors.ts'
import type { Image } from '../image.ts'
import { OpenedImage } from '../open/opened-image.ts'
import type { TreeNode } from './image-tree.ts'
import type { Inode } from './inode.ts'

/** Options of {@link listFiles}. */
export interface ListFilesOptions {
  /** Ends the work; iterating rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/** The tar is read in pieces of this size: most files are far smaller, and lie side by side. */
const windowSize = 4 * 1024 * 1024

interface Content {
  readonly sha256: string
  readonly magic: FileRecord['magic']
}

/**
 * Lists the merged files of an open image by path, with the hash of each regular file. What the image was opened from is
 * not read again: contents come from its own uncompressed layers, each byte once, in the order in which they lie there.
 *
 * @throws {ImageError} `LAYER_CORRUPT` when the image's own files were cut.
 */
export async function* listFiles(
  image: Image,
  { signal }: ListFilesOptions = {},
): AsyncGenerator<FileRecord, void, undefined> {
  if (!(image instanceof OpenedImage)) throw new ImageError('CONFIG_INVALID', 'not an image that was opened')
  const contents = await hashContents(image, signal)
  for (const node of image.parts.tree.entries()) {
    signal?.throwIfAborted()
    yield toRecord(node, contents)
  }
}

function toRecord(node: TreeNode, contents: ReadonlyMap<Inode, Content>): FileRecord {
  const { path, type, mode, uid, gid, size, linkTarget, shared } = node
  const inode = shared?.inode
  const isDevice = type === 'character-device' || type === 'block-device'
  const security = [...node.xattrs].filter(([name]) => name.startsWith('security.'))
  const content = inode && contents.get(inode)
  return {
    path,
    type,
    mode,
    uid,
    gid,
    size,
    ...(content && { sha256: content.sha256 }),
    ...(content?.magic && { magic: content.magic }),
    ...(type === 'symlink' && { linkTarget: linkTarget ?? '' }),
    ...(isDevice && inode && { device: `${inode.deviceMajor}:${inode.deviceMinor}` }),
    ...(security.length > 0 && {
      xattrs: Object.fromEntries(
        security.map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
      ),
    }),
  }
}

async function hashContents(
  image: OpenedImage,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<Inode, Content>> {
  const layers = new Map<number, Set<Inode>>()
  for (const { shared } of image.parts.tree.entries()) {
    if (shared?.inode.type !== 'file') continue
    const { layer } = shared.inode.origin
    const inodes = layers.get(layer)
    if (inodes) inodes.add(shared.inode)
    else layers.set(layer, new Set([shared.inode]))
  }
  const contents = new Map<Inode, Content>()
  for (const [layer, inodes] of layers) {
    const inOrder = [...inodes].sort((a, b) => a.dataOffset - b.dataOffset)
    await hashLayer(image, layer, inOrder, contents, signal)
  }
  return contents
}

async function hashLayer(
  image: OpenedImage,
  layer: number,
  inOrder: readonly Inode[],
  contents: Map<Inode, Content>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const end = inOrder.reduce((last, { dataOffset, size }) => Math.max(last, dataOffset + size), 0)
  let start = 0
  let window: Uint8Array = new Uint8Array()
  for (const inode of inOrder) {
    const hash = createHash('sha256')
    let magic: Content['magic']
    for (let done = 0; done < inode.size;) {
      const position = inode.dataOffset + done
      if (position < start || position >= start + window.length) {
        start = position
        window = await image.readTarRange(layer, start, Math.min(windowSize, end - start), signal)
      }
      const piece = window.subarray(position - start, position - start + inode.size - done)
      // A piece that a window's edge cuts within the first bytes would hide what the file is.
      if (done === 0) magic = readMagic(piece.length < 4 ? await headOf(image, inode, signal) : piece)
      hash.update(piece)
      done += piece.length
    }
    contents.set(inode, { sha256: hash.digest('hex'), magic })
  }
}

const headOf = (image: OpenedImage, { origin, dataOffset, size }: Inode, signal: AbortSignal | undefined) =>
  image.readTarRange(origin.layer, dataOffset, Math.min(4, size), signal)

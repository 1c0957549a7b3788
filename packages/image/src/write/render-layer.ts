import { ImageError } from '../errors.ts'
import type { OpenedImage } from '../open/opened-image.ts'
import { tarEnd } from '../tar/create-tar-writer.ts'
import { encodeTarHeader } from '../tar/encode-header.ts'
import { paddedSize, type TarHeader } from '../tar/tar-header.ts'
import { TarScanner } from '../tar/tar-scanner.ts'
import type { Inode } from '../tree/inode.ts'
import type { RewriteStep } from './plan-rewrite.ts'

const chunkSize = 256 * 1024

/** Streams the tar of a rewritten layer. */
export async function* renderLayer(
  image: OpenedImage,
  layer: number,
  steps: readonly RewriteStep[],
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const buffered = new ChunkBuffer()
  for (const step of steps) {
    signal?.throwIfAborted()
    switch (step.action) {
      case 'copy': {
        const { offset, dataOffset, kind } = step.entry
        const size = kind === 'file' ? step.entry.size : 0
        const end = dataOffset + size
        for (let start = offset; start < end; start += chunkSize) {
          yield* buffered.add(
            await image.readTarRange(layer, start, Math.min(chunkSize, end - start), signal),
          )
        }
        yield* buffered.add(new Uint8Array(paddedSize(size) - size))
        break
      }
      case 'directory':
        yield* buffered.add(
          encodeTarHeader({ type: 'directory', path: `${step.path.slice(1)}/`, mode: 0o755 }),
        )
        break
      case 'write': {
        const header = await renderHeader(image, step, signal)
        yield* buffered.add(encodeTarHeader(header))
        if (header.size === 0) break
        if (step.content !== undefined) yield* buffered.add(step.content)
        else for await (const chunk of image.readContent(step.inode, signal)) yield* buffered.add(chunk)
        yield* buffered.add(new Uint8Array(paddedSize(header.size) - header.size))
      }
    }
  }
  yield* buffered.add(tarEnd)
  yield* buffered.flush()
}

/** Small pieces one by one would cost more than the compression. */
class ChunkBuffer {
  #pending: Uint8Array[] = []
  #size = 0;

  *add(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    if (chunk.length === 0) return
    this.#pending.push(chunk)
    this.#size += chunk.length
    if (this.#size >= chunkSize) yield* this.flush()
  }

  *flush(): Generator<Uint8Array, void, undefined> {
    if (this.#size > 0) yield Buffer.concat(this.#pending)
    this.#pending = []
    this.#size = 0
  }
}

/** The header of the file's own entry, with what the step changes; all else of it (names, times, PAX) stays. */
async function renderHeader(
  image: OpenedImage,
  { path, inode, content, linkTo }: Extract<RewriteStep, { action: 'write' }>,
  signal: AbortSignal | undefined,
): Promise<TarHeader> {
  const original = await readHeader(image, inode, signal)
  const isLink = linkTo !== undefined
  const name = path.slice(1)
  return {
    ...original,
    type: isLink ? 'hardlink' : inode.type,
    path: inode.type === 'directory' ? `${name === '' ? '.' : name}/` : name,
    linkPath: isLink ? linkTo.slice(1) : inode.linkTarget,
    mode: inode.mode,
    uid: inode.uid,
    gid: inode.gid,
    mtime: inode.mtime,
    xattrs: inode.xattrs,
    size: isLink || inode.type !== 'file' ? 0 : (content?.length ?? inode.size),
  }
}

async function readHeader(
  image: OpenedImage,
  { origin }: Inode,
  signal: AbortSignal | undefined,
): Promise<TarHeader> {
  const entry = image.layers[origin.layer]?.contents.entries[origin.entry]
  if (entry === undefined)
    throw new ImageError('LAYER_CORRUPT', `layer ${origin.layer} has no entry ${origin.entry}`)
  const { offset, dataOffset } = entry
  const bytes = await image.readTarRange(origin.layer, offset, dataOffset - offset, signal)
  let header: TarHeader | undefined
  new TarScanner({ onEntry: (found) => (header = found) }, image.parts.limits).push(bytes)
  if (header === undefined)
    throw new ImageError('LAYER_CORRUPT', `layer ${origin.layer}: no header at ${offset}`)
  return header
}

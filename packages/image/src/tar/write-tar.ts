import { encodeTarHeader, type TarHeaderInput } from './encode-header.ts'
import { ImageError } from '../errors.ts'
import { tarEnd } from './create-tar-writer.ts'
import { paddedSize } from './tar-header.ts'

/** An entry of a streamed archive: `header.size` bytes of content must come from `content`. */
export interface TarStreamEntry {
  /** What the entry is. */
  readonly header: TarHeaderInput
  /** Its bytes. Default: none. */
  readonly content?: AsyncIterable<Uint8Array> | Iterable<Uint8Array> | undefined
}

/**
 * Writes an archive as a stream. Same entries, same bytes.
 *
 * @throws {ImageError} `TAR_INVALID` when a content is longer or shorter than its header says.
 */
export async function* writeTar(
  entries: AsyncIterable<TarStreamEntry> | Iterable<TarStreamEntry>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const { header, content } of entries) {
    yield encodeTarHeader(header)
    const size = header.size ?? 0
    let written = 0
    for await (const chunk of content ?? []) {
      written += chunk.byteLength
      if (written > size) break
      yield chunk
    }
    if (written !== size) {
      throw new ImageError(
        'TAR_INVALID',
        `content of ${header.path} does not have the ${size} bytes announced`,
        {
          path: header.path,
        },
      )
    }
    if (paddedSize(size) > size) yield new Uint8Array(paddedSize(size) - size)
  }
  yield tarEnd
}

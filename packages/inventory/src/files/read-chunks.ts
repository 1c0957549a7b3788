import type { FileContent } from './image-files.ts'

const chunkBytes = 256 * 1024

/** Streams a content from its start. */
export async function* readChunks(
  content: FileContent,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let offset = 0; offset < content.size; offset += chunkBytes) {
    signal?.throwIfAborted()
    yield await content.read(offset, chunkBytes)
  }
}

import { ImageError } from '../errors.ts'
import type { NewContent } from './image-edit.ts'

/** Bytes of a new file. */
export function contentSize(content: NewContent): number {
  return content instanceof Uint8Array ? content.byteLength : content.size
}

/**
 * Streams the content of a new file.
 *
 * @throws {ImageError} `EDIT_INVALID` when the stream has more or fewer bytes than announced.
 */
export async function* openContent(
  content: NewContent,
  path: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (content instanceof Uint8Array) {
    yield content
    return
  }
  let read = 0
  for await (const chunk of content.open()) {
    read += chunk.byteLength
    if (read > content.size) break
    yield chunk
  }
  if (read !== content.size) {
    throw new ImageError(
      'EDIT_INVALID',
      `new content of ${JSON.stringify(path)} does not have the ${content.size} bytes announced`,
      { path },
    )
  }
}

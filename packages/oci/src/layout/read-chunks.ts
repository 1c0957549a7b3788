import type { FileHandle } from 'node:fs/promises'
import { reading } from './file-failure.ts'

/** Read size: the 64 KiB default of Node costs a third of the speed. */
const readBytes = 256 * 1024

/** Streams a part of an open file: from `offset` up to `end` (exclusive), which may be `Infinity`, or to its end. */
export async function* readChunks(
  place: string,
  file: FileHandle,
  offset: number,
  end: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let position = offset; position < end;) {
    signal?.throwIfAborted()
    const length = Math.min(readBytes, end - position)
    const { bytesRead, buffer } = await reading(place, () =>
      file.read(Buffer.allocUnsafe(length), 0, length, position),
    )
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

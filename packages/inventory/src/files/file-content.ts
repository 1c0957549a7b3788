import type { FileHandle } from 'node:fs/promises'
import { InventoryError } from '../errors.ts'
import { maxReadBytes } from '../internal/limits.ts'
import type { FileContent } from './image-files.ts'

/**
 * Bounds one read of a content.
 *
 * @throws {InventoryError} `LIMIT_EXCEEDED` for too many bytes at once, or a range that is none.
 */
export function checkRange(offset: number, length: number): void {
  if (!(offset >= 0) || !(length >= 0) || length > maxReadBytes) {
    throw new InventoryError('LIMIT_EXCEEDED', `${length} bytes from ${offset} at once`)
  }
}

/** A content in memory, in pieces as they came; nothing is copied unless a read crosses their borders. */
export function chunkContent(chunks: readonly Uint8Array[], size: number): FileContent {
  const starts: number[] = []
  let start = 0
  for (const chunk of chunks) {
    starts.push(start)
    start += chunk.length
  }
  // Most reads go on where the last one ended.
  let at = 0
  return {
    size,
    async read(offset, length) {
      checkRange(offset, length)
      const end = Math.min(size, offset + length)
      if (offset >= end) return new Uint8Array()
      if (offset < (starts[at] ?? 0)) at = 0
      while (offset >= (starts[at + 1] ?? size)) at += 1
      const parts: Uint8Array[] = []
      for (let index = at, position = offset; position < end; index += 1) {
        const [chunk, from] = [chunks[index]!, starts[index]!]
        const part = chunk.subarray(position - from, end - from)
        parts.push(part)
        position += part.length
      }
      return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    },
  }
}

/** A content in a file. */
export function diskContent(file: FileHandle, size: number): FileContent {
  return {
    size,
    async read(offset, length) {
      checkRange(offset, length)
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - offset)))
      let filled = 0
      while (filled < bytes.length) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, offset + filled)
        if (bytesRead === 0) throw new Error('a temporary file was cut while it was read')
        filled += bytesRead
      }
      return bytes
    },
  }
}

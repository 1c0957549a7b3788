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

/** A content in memory. */
export function memoryContent(bytes: Uint8Array): FileContent {
  return {
    size: bytes.length,
    async read(offset, length) {
      checkRange(offset, length)
      return bytes.subarray(offset, offset + length)
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

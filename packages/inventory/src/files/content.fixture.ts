import type { FileContent } from './image-files.ts'

/** A content in memory. */
export const contentOf = (bytes: Uint8Array): FileContent => ({
  size: bytes.length,
  read: async (offset, length) => bytes.subarray(offset, offset + Math.max(0, length)),
})

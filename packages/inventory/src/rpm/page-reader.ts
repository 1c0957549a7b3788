import type { FileContent } from '../files/image-files.ts'

const windowBytes = 64 * 1024
const maxWindows = 64

/** Reads small parts of a content again and again, and goes to it for whole windows only. */
export interface PageReader {
  readonly size: number
  /** @throws {SyntaxError} when the part is not all there. */
  read(offset: number, length: number): Promise<Uint8Array>
}

/** Keeps 64 windows of 64 KiB, so that pages in a hostile order cost a bounded number of reads and little memory. */
export function createPageReader(content: FileContent): PageReader {
  const windows = new Map<number, Uint8Array>()
  const windowAt = async (index: number): Promise<Uint8Array> => {
    const bytes = windows.get(index) ?? (await content.read(index * windowBytes, windowBytes))
    windows.delete(index)
    windows.set(index, bytes)
    if (windows.size > maxWindows) windows.delete(windows.keys().next().value!)
    return bytes
  }
  return {
    size: content.size,
    async read(offset, length) {
      if (offset < 0 || offset + length > content.size) {
        throw new SyntaxError(`${length} bytes at ${offset} are beyond the end of ${content.size} bytes`)
      }
      const first = Math.floor(offset / windowBytes)
      const start = offset - first * windowBytes
      const window = await windowAt(first)
      if (start + length <= window.byteLength) return window.subarray(start, start + length)
      const joined = new Uint8Array(length)
      let filled = 0
      while (filled < length) {
        const at = offset + filled
        const part = (await windowAt(Math.floor(at / windowBytes))).subarray(at % windowBytes)
        if (part.byteLength === 0) throw new SyntaxError('the content ends before its size')
        const taken = part.subarray(0, length - filled)
        joined.set(taken, filled)
        filled += taken.byteLength
      }
      return joined
    },
  }
}

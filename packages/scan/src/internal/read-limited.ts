import { open } from 'node:fs/promises'
import { ScanError } from '../errors.ts'

/**
 * Reads a file of at most `maxBytes`; system errors (`ENOENT` …) pass through.
 *
 * @throws {ScanError} `LIMIT_EXCEEDED` when it is larger, before reading it.
 */
export async function readLimited(path: string, maxBytes: number): Promise<Uint8Array> {
  await using file = await open(path, 'r')
  const { size } = await file.stat()
  if (size > maxBytes)
    throw new ScanError('LIMIT_EXCEEDED', `${path}: ${size} bytes, at most ${maxBytes} allowed`)
  // the file may grow meanwhile: read no more than was promised, and notice the surplus
  const buffer = Buffer.alloc(size + 1)
  let length = 0
  while (length < buffer.byteLength) {
    const { bytesRead } = await file.read(buffer, length, buffer.byteLength - length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  if (length > size) throw new ScanError('LIMIT_EXCEEDED', `${path}: grew while it was read`)
  return buffer.subarray(0, length)
}

import type { BlobReader, Descriptor } from '@sallyport/core'
import { AttestError } from '../errors.ts'

/** Options of {@link readBlob}. */
export interface ReadBlobOptions {
  readonly maxBytes: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads a whole blob; the reader has verified size and digest when it ends.
 *
 * @throws {AttestError} `LIMIT_EXCEEDED` when it is larger than `maxBytes`.
 */
export async function readBlob(
  reader: BlobReader,
  blob: Descriptor,
  { maxBytes, signal }: ReadBlobOptions,
): Promise<Uint8Array> {
  signal?.throwIfAborted()
  const tooLarge = (size: number): AttestError =>
    new AttestError('LIMIT_EXCEEDED', `${blob.digest}: ${size} bytes where ${maxBytes} are allowed`)
  if (blob.size > maxBytes) throw tooLarge(blob.size)
  const chunks: Uint8Array[] = []
  let received = 0
  for await (const chunk of reader.open(blob, { signal })) {
    received += chunk.byteLength
    if (received > maxBytes) throw tooLarge(received)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

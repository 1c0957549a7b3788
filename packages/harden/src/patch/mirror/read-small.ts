import { limitBytes } from './limit-bytes.ts'
import type { MirrorReader } from './mirror-reader.ts'

/** Takes a stream into memory; at most `maxBytes` of it. Throws what {@link limitBytes} throws. */
export async function collectBytes(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
  name: string,
): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of limitBytes(source, maxBytes, name)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Reads a small file of a mirror into memory. Throws what the mirror throws. */
export function readSmall(
  mirror: MirrorReader,
  path: string,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  return collectBytes(mirror.read(path, { maxBytes, signal }), maxBytes, path)
}

import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { type Descriptor, type Digest, digestAlgorithm, toDigest } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { passUnshared } from './unshared-chunks.ts'

/** Streams that already end with an error when their bytes are not those of the digest: they are hashed once. */
const verified = new WeakMap<AsyncIterable<Uint8Array>, Digest>()

/** A stream of `blob` that can be started several times, each time from the beginning, and checks what it delivers. */
export function verifiedContent(
  blob: Descriptor,
  start: () => AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const content = {
    [Symbol.asyncIterator]() {
      const chunks = start()
      const reading = chunks[Symbol.asyncIterator]()
      const again = { [Symbol.asyncIterator]: () => reading }
      const digest = verified.get(chunks)
      if (digest !== undefined) verified.set(again, digest)
      return passUnshared(reading, verifyChunks(blob, again))
    },
  }
  verified.set(content, blob.digest)
  return content
}

/**
 * Passes chunks on while checking them. The last chunk is held back until size and digest are known to be right, so
 * wrong content never arrives complete.
 *
 * @throws {OciError} `SIZE_MISMATCH` at the first surplus byte, or at the end when bytes are missing.
 * @throws {OciError} `DIGEST_MISMATCH` at the end when the bytes hash to something else.
 */
export async function* verifyChunks(
  blob: Descriptor,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const algorithm = digestAlgorithm(blob.digest)
  const hash = verified.get(chunks) === blob.digest ? undefined : createHash(algorithm)
  let received = 0
  let held: Uint8Array | undefined
  for await (const chunk of chunks) {
    if (chunk.byteLength === 0) continue
    received += chunk.byteLength
    if (received > blob.size) throw sizeMismatch(blob, `more than ${blob.size} bytes`)
    hash?.update(chunk)
    if (held !== undefined) yield held
    held = chunk
  }
  if (received !== blob.size) throw sizeMismatch(blob, `${received} of ${blob.size} bytes`)
  const actual = hash === undefined ? blob.digest : toDigest(hash, algorithm)
  if (actual !== blob.digest) {
    throw new OciError('DIGEST_MISMATCH', `expected blob ${blob.digest}, got ${actual}`, {
      reference: blob.digest,
    })
  }
  if (held !== undefined) yield held
}

function sizeMismatch({ digest }: Descriptor, came: string): OciError {
  return new OciError('SIZE_MISMATCH', `blob ${digest}: ${came}`, { reference: digest })
}

/**
 * The same content, watched on its way: `watch` must hand on the very chunks that it gets. What was verified and
 * restartable stays so.
 */
export function watchedContent(
  content: AsyncIterable<Uint8Array>,
  watch: (chunks: AsyncIterable<Uint8Array>) => AsyncIterator<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const watched = { [Symbol.asyncIterator]: () => watch(content) }
  const digest = verified.get(content)
  if (digest !== undefined) verified.set(watched, digest)
  return watched
}

/** Whether the content can be read again after a failed try: a generator can't. */
export function isRestartable(content: AsyncIterable<Uint8Array>): boolean {
  return verified.has(content)
}

/** Tells a source that it won't be read, so that it can close what it has open. */
export async function giveUpContent(content: AsyncIterable<Uint8Array>): Promise<void> {
  if (isRestartable(content)) return
  // The iterator of one of Node's streams does not close it before it has begun.
  if (content instanceof Readable) content.destroy()
  else await content[Symbol.asyncIterator]().return?.()
}

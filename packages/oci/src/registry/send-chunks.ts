import type { Descriptor } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { untilAborted } from '../internal/until-aborted.ts'
import type { ChunkWindow } from './chunk-window.ts'
import type { FailureBudget } from './failure-budget.ts'
import { call, type RegistryContext } from './registry-context.ts'
import type { CompleteUploadRules } from './upload-rules.ts'
import { askUpload, moveUpload, type UploadSession } from './upload-session.ts'
import { singleChunk } from '../internal/single-chunk.ts'

/** A registry that asks for longer chunks than this would make us hold too much in memory. */
const maxMinChunkBytes = 64 * 1024 * 1024
/** A registry that refuses even this has another reason than the length. */
const minTriedBytes = 64 * 1024

/** What {@link sendChunks} needs besides the content. */
export interface SendChunksOptions {
  readonly rules: CompleteUploadRules
  readonly budget: FailureBudget
  /** Is told after each chunk that arrived; `session.offset` says how far. */
  readonly onChunk: () => Promise<void>
  readonly signal: AbortSignal | undefined
}

/** The registry has lost the upload, or is at a place from where the held chunk can't go on. */
export class UploadLost extends Error {
  override readonly cause: OciError
  /** How many bytes the registry says it has, when it knows the upload. */
  readonly at: number | undefined

  constructor(cause: OciError, at: number | undefined) {
    super(cause.message)
    this.cause = cause
    this.at = at
  }
}

/**
 * Sends content from the window's position in several requests. Returns what the rules leave for the request that ends
 * the upload. `Range` in answers is not believed (ECR's stays at the first chunk), until a chunk fails: then the registry
 * is asked where it is, because some append whatever comes (docker-registry ignores `Content-Range`), so that a chunk
 * sent twice would be there twice.
 *
 * @throws {UploadLost} when the content must be read again for the upload to go on.
 */
export async function sendChunks(
  context: RegistryContext,
  blob: Descriptor,
  window: ChunkWindow,
  session: UploadSession,
  { rules, budget, onChunk, signal }: SendChunksOptions,
): Promise<Uint8Array | undefined> {
  const { uploads } = context
  let most = Number.MAX_SAFE_INTEGER
  while (window.position < blob.size) {
    if (session.minChunkBytes > maxMinChunkBytes) {
      throw new OciError(
        'LIMIT_EXCEEDED',
        `${context.name}: the registry wants chunks of ${session.minChunkBytes} bytes`,
        { reference: context.name },
      )
    }
    const wanted = Math.min(rules.chunkBytes, uploads.mostChunkBytes, most)
    // A source that is stuck must not hold up the end.
    const chunk = await untilAborted(window.fill(Math.max(wanted, session.minChunkBytes)), signal)
    signal?.throwIfAborted()
    if (rules.lastChunk === 'put' && window.position + chunk.byteLength === blob.size) return chunk
    try {
      await sendChunk(context, blob, chunk, session, signal)
      window.advance(chunk.byteLength)
    } catch (error) {
      await recover(error, chunk)
    }
    session.offset = window.position
    await onChunk()
  }
  return undefined

  async function recover(error: unknown, chunk: Uint8Array): Promise<void> {
    signal?.throwIfAborted()
    if (!(error instanceof OciError)) throw error
    const { status } = error
    const tooLong = status === 413 || status === 416
    // An expired token (401) is renewed by the question, whose body can be sent again.
    if (!error.retryable && !tooLong && status !== 401 && status !== 404) throw error
    const at = await askUpload(context, session, signal)
    const arrived = (at ?? -1) - window.position
    if (at === undefined || arrived < 0 || arrived > chunk.byteLength) throw new UploadLost(error, at)
    window.advance(arrived)
    const shorter = Math.ceil(chunk.byteLength / 2)
    const longEnough = shorter >= Math.max(minTriedBytes, session.minChunkBytes)
    if (arrived > 0 || !tooLong) {
      session.resumed = true
      // Some proxies cut a request that is too long for them.
      if (arrived === 0 && status === undefined && longEnough) most = shorter
      return budget.spend(error, window.position)
    }
    // It is where we are, so it is not the place of the chunk that it refuses but its length.
    if (!longEnough) throw error
    uploads.mostChunkBytes = shorter
  }
}

/** One PATCH. As a stream, it is never sent again unasked. */
async function sendChunk(
  context: RegistryContext,
  blob: Descriptor,
  chunk: Uint8Array,
  session: UploadSession,
  signal: AbortSignal | undefined,
): Promise<void> {
  const answer = await call(context, {
    method: 'PATCH',
    lane: 'chunk',
    to: session.location,
    access: 'push',
    action: `upload blob ${blob.digest}`,
    // The specification says 202; ECR answers 201 to the first chunk.
    expect: [201, 202, 204],
    headers: chunkHeaders(session.offset, chunk),
    body: singleChunk(chunk),
    signal,
  })
  await answer.discard()
  moveUpload(context, session, answer)
}

/** Fields of a request that carries the bytes from `offset` on; both ends of the range are included. */
export function chunkHeaders(offset: number, chunk: Uint8Array): Record<string, string> {
  return {
    'content-type': 'application/octet-stream',
    'content-length': String(chunk.byteLength),
    'content-range': `${offset}-${offset + chunk.byteLength - 1}`,
  }
}

import type { Descriptor } from '@sallyport/core'
import { isUnshared } from '../blob/unshared-chunks.ts'
import { isRestartable, verifiedContent } from '../blob/verified-content.ts'
import { OciError } from '../errors.ts'
import { releaseAfterWrite } from '../http/buffer-pool.ts'
import { untilAborted } from '../internal/until-aborted.ts'
import { createChunkWindow } from './chunk-window.ts'
import { createFailureBudget, type FailureBudget } from './failure-budget.ts'
import { finishUpload } from './finish-upload.ts'
import { hasBlob } from './has-blob.ts'
import { errorOf, judgeUploadFailure } from './judge-upload-failure.ts'
import type { KeptUpload } from './kept-upload.ts'
import type { RegistryContext } from './registry-context.ts'
import { sendChunks, UploadLost } from './send-chunks.ts'
import { type CompleteUploadRules, startsChunked } from './upload-rules.ts'
import { askUpload, cancelUpload, startUpload, type UploadSession } from './upload-session.ts'

/** How one blob is uploaded. */
export interface UploadBlobOptions {
  readonly rules: CompleteUploadRules
  readonly kept: KeptUpload
  readonly onBytes: ((bytes: number) => void) | undefined
  readonly signal: AbortSignal | undefined
}

/**
 * Uploads a blob that the repository lacks. After a failure the registry is asked what it has, and gets the rest in
 * chunks; where it has nothing the upload begins again. Both need content that can be started again, except for a
 * chunk that is still held. The content is hashed from its first byte each time.
 */
export async function uploadBlob(
  context: RegistryContext,
  blob: Descriptor,
  content: AsyncIterable<Uint8Array>,
  first: UploadSession | undefined,
  options: UploadBlobOptions,
): Promise<void> {
  const { rules, kept, signal } = options
  const { patience, uploads } = context
  const budget = createFailureBudget(patience, first?.offset ?? 0, signal)
  let wholeCuts = 0
  let session = first
  try {
    for (;;) {
      session ??= await startUpload(context, blob, signal)
      await kept.save(session)
      const chunked = session.offset > 0 || startsChunked(rules, uploads)
      const failure = await tryUpload(context, blob, content, session, chunked, { ...options, budget })
      if (failure === undefined) break
      const automatic = rules.mode === 'automatic'
      const remedy = judgeUploadFailure({ failure, session, chunked, automatic, wholeCuts }, uploads)
      if (remedy === 'none' || !isRestartable(content)) throw errorOf(failure)
      if (!chunked && errorOf(failure).status === undefined) wholeCuts++
      const arrived = remedy === 'begin-again' ? 0 : await askAfter(failure, session)
      await budget.spend(errorOf(failure), Math.min(arrived ?? 0, blob.size))
      if (arrived !== undefined && arrived > 0 && arrived <= blob.size && !uploads.refusesChunks) {
        session = { ...session, offset: arrived, resumed: true }
        continue
      }
      // An upload that is over may have been complete, and only the answer was lost.
      if (arrived === undefined && (await hasBlob(context, blob, 'push', signal))) break
      await cancelUpload(context, session)
      await kept.forget()
      session = undefined
    }
  } catch (error) {
    const stays = kept.isKept && (signal?.aborted === true || mayGoOn(error))
    if (session !== undefined && !stays) {
      await cancelUpload(context, session)
      await kept.forget()
    }
    signal?.throwIfAborted()
    throw error
  }
  await kept.forget()

  async function askAfter(
    failure: OciError | UploadLost,
    current: UploadSession,
  ): Promise<number | undefined> {
    return failure instanceof UploadLost ? failure.at : askUpload(context, current, signal)
  }
}

/** One reading of the content, from its first byte. A failure of the registry is returned, everything else is thrown. */
async function tryUpload(
  context: RegistryContext,
  blob: Descriptor,
  content: AsyncIterable<Uint8Array>,
  session: UploadSession,
  chunked: boolean,
  { rules, kept, onBytes, signal, budget }: UploadBlobOptions & { readonly budget: FailureBudget },
): Promise<OciError | UploadLost | undefined> {
  const source = observed(
    verifiedContent(blob, () => content),
    chunked,
    onBytes,
  )
  try {
    if (chunked) {
      const window = createChunkWindow(source.chunks, blob.size, session.offset)
      const onChunk = async (): Promise<void> => {
        onBytes?.(session.offset)
        await kept.save(session)
      }
      const last = await sendChunks(context, blob, window, session, { rules, budget, onChunk, signal })
      // The content may be at the registry already, but it has not been hashed to its end.
      await untilAborted(readToEnd(source.chunks), signal)
      await finishUpload(context, blob, last, session, signal)
      if (last !== undefined) onBytes?.(blob.size)
    } else {
      await finishUpload(context, blob, blob.size > 0 ? source.chunks : undefined, session, signal)
      if (blob.size === 0) await untilAborted(readToEnd(source.chunks), signal)
    }
    return undefined
  } catch (error) {
    // What went wrong in the source is the reason, not that the connection was then cut.
    if (source.failure !== undefined) throw source.failure.error
    signal?.throwIfAborted()
    if (error instanceof UploadLost || error instanceof OciError) return error
    throw error
  } finally {
    source.close()
  }
}

async function readToEnd(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of chunks);
}

/** Whether an upload that ended so is worth keeping: not when its bytes are wrong or the registry will have none of it. */
function mayGoOn(error: unknown): boolean {
  if (!(error instanceof OciError) || error.retryable) return true
  return error.code === 'UNAUTHORIZED' || error.code === 'DENIED' || error.code === 'BLOB_NOT_FOUND'
}

interface ObservedSource {
  readonly chunks: AsyncGenerator<Uint8Array, void, undefined>
  readonly failure: { readonly error: unknown } | undefined
  /** Ends the source without waiting: one that is stuck must not hold up the error. */
  close(): void
}

function observed(
  content: AsyncIterable<Uint8Array>,
  chunked: boolean,
  onBytes: ((bytes: number) => void) | undefined,
): ObservedSource {
  const source = content[Symbol.asyncIterator]()
  // A chunk of an upload may have to be sent again.
  const mayRelease = !chunked && isUnshared(source)
  let failure: { readonly error: unknown } | undefined
  async function* watch(): AsyncGenerator<Uint8Array, void, undefined> {
    let sent = 0
    try {
      for await (const chunk of { [Symbol.asyncIterator]: () => source }) {
        const { byteLength } = chunk
        if (mayRelease) releaseAfterWrite(chunk)
        yield chunk
        sent += byteLength
        if (!chunked) onBytes?.(sent)
      }
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  return {
    chunks: watch(),
    get failure() {
      return failure
    },
    close: () => {
      source.return?.().catch(() => undefined)
    },
  }
}

import { type BlobOptions, type Descriptor, digestAlgorithm, isDigest, parseDigest } from '@sallyport/core'
import { giveUpContent, isRestartable, verifyChunks } from '../blob/verified-content.ts'
import { OciError } from '../errors.ts'
import type { WireAnswer } from '../http/transport.ts'
import { call, type RegistryContext } from './registry-context.ts'
import { sendChunks } from './send-chunks.ts'
import { uploadLocation, type UploadSession } from './upload-session.ts'

/** Options of a blob write to a registry. */
export interface RegistryBlobOptions extends BlobOptions {
  /** A repository of the same registry that has the blob; then the registry links it and nothing is sent. */
  readonly mountFrom?: string | undefined
  /** Is told how many bytes of the content have been sent; a second try begins at 0 again. */
  readonly onBytes?: ((bytes: number) => void) | undefined
}

/** How a blob came to be in the repository. */
export type BlobOutcome = 'existing' | 'mounted' | 'uploaded'

/** Statuses with which a registry, or a proxy before it, refuses a whole blob in one request. */
const refusesWhole: ReadonlySet<number> = new Set([405, 411, 413, 415, 416, 501])
const cancelTimeoutMs = 5000

/** Whether the repository has the blob. */
export async function hasBlob(
  context: RegistryContext,
  blob: Descriptor,
  access: 'pull' | 'push',
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const answer = await call(context, {
    method: 'HEAD',
    to: `blobs/${parseDigest(blob.digest)}`,
    access,
    action: `look for blob ${blob.digest}`,
    expect: [200, 404],
    signal,
  })
  await answer.discard()
  if (answer.status === 404) return false
  const length = answer.header('content-length')
  if (length !== undefined && Number(length) !== blob.size) {
    throw new OciError(
      'SIZE_MISMATCH',
      `blob ${blob.digest}: the registry has ${length} bytes, expected ${blob.size}`,
      {
        reference: context.name,
      },
    )
  }
  return true
}

/**
 * Brings a blob into the repository: looks for it, mounts it, or uploads it in one request while hashing. Content that
 * can be started again (as the readers of this package return) is sent again after a failure; other content is tried
 * once. The upload session of a failed try is deleted.
 */
export async function writeBlob(
  context: RegistryContext,
  blob: Descriptor,
  content: AsyncIterable<Uint8Array>,
  { mountFrom, signal, onBytes }: RegistryBlobOptions = {},
): Promise<BlobOutcome> {
  if (await hasBlob(context, blob, 'push', signal)) {
    await giveUpContent(content)
    return 'existing'
  }
  const most = isRestartable(content) ? context.patience.attempts : 1
  let whole = true
  for (let attempt = 1; ; attempt++) {
    const started = await startUpload(context, blob, attempt === 1 ? mountFrom : undefined, signal)
    if (started === 'mounted') {
      await giveUpContent(content)
      return 'mounted'
    }
    const session = { ...started }
    try {
      await upload(context, blob, content, session, { whole, onBytes, signal })
      return 'uploaded'
    } catch (error) {
      await cancelUpload(context, session.location)
      signal?.throwIfAborted()
      if (!(error instanceof OciError) || attempt >= most) throw error
      if (whole && error.status !== undefined && refusesWhole.has(error.status)) {
        whole = false
      } else if (!error.retryable) {
        throw error
      }
      await context.patience.backOff(attempt, signal)
    }
  }
}

async function startUpload(
  context: RegistryContext,
  blob: Descriptor,
  mountFrom: string | undefined,
  signal: AbortSignal | undefined,
): Promise<UploadSession | 'mounted'> {
  const mount = mountFrom === undefined ? '' : `?mount=${blob.digest}&from=${encodeURIComponent(mountFrom)}`
  const post = (
    query: string,
    alsoPull: string | undefined,
    statuses: readonly number[],
  ): Promise<WireAnswer> =>
    call(context, {
      method: 'POST',
      to: `blobs/uploads/${query}`,
      access: 'push',
      alsoPull,
      action: `upload blob ${blob.digest}`,
      expect: statuses,
      headers: { 'content-length': '0' },
      signal,
    })
  let answer: WireAnswer
  try {
    answer = await post(mount, mountFrom, [201, 202])
  } catch (error) {
    // A registry that does not mount, or does not let us read the other repository, still takes an upload.
    if (mount === '' || !(error instanceof OciError) || error.status === undefined || error.status >= 500)
      throw error
    answer = await post('', undefined, [202])
  }
  await answer.discard()
  if (answer.status === 201) return 'mounted'
  return {
    location: uploadLocation(context, answer),
    minChunkBytes: Number(answer.header('oci-chunk-min-length') ?? 0) || 0,
  }
}

async function upload(
  context: RegistryContext,
  blob: Descriptor,
  content: AsyncIterable<Uint8Array>,
  session: UploadSession,
  { whole, onBytes, signal }: Pick<RegistryBlobOptions, 'onBytes' | 'signal'> & { readonly whole: boolean },
): Promise<void> {
  const source = observed(verifyChunks(blob, content), onBytes)
  try {
    if (!whole) await sendChunks(context, blob, source.chunks, session, signal)
    await finish(context, blob, whole && blob.size > 0 ? source.chunks : undefined, session.location, signal)
    if (whole && blob.size === 0) for await (const _ of source.chunks);
  } catch (error) {
    // What went wrong in the source is the reason, not that the connection was then cut.
    if (source.failure !== undefined) throw source.failure.error
    throw error
  } finally {
    source.close()
  }
}

async function finish(
  context: RegistryContext,
  blob: Descriptor,
  body: AsyncIterable<Uint8Array> | undefined,
  location: URL,
  signal: AbortSignal | undefined,
): Promise<void> {
  const answer = await call(context, {
    method: 'PUT',
    lane: 'blob',
    to: new URL(
      `${location.href}${location.search === '' ? '?' : '&'}digest=${encodeURIComponent(blob.digest)}`,
    ),
    access: 'push',
    action: `upload blob ${blob.digest}`,
    expect: [201, 202, 204],
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': String(body === undefined ? 0 : blob.size),
    },
    body,
    signal,
  })
  await answer.discard()
  const claimed = answer.header('docker-content-digest')
  if (
    isDigest(claimed) &&
    digestAlgorithm(claimed) === digestAlgorithm(blob.digest) &&
    claimed !== blob.digest
  ) {
    throw new OciError(
      'DIGEST_MISMATCH',
      `${context.name}: the registry stored blob ${blob.digest} as ${claimed}`,
      {
        status: answer.status,
        reference: context.name,
      },
    )
  }
}

/** Ends an upload that failed. Its own failure does not matter: registries clean up sessions after a while. */
async function cancelUpload(context: RegistryContext, location: URL): Promise<void> {
  try {
    const answer = await call(context, {
      method: 'DELETE',
      to: location,
      access: 'push',
      action: 'cancel an upload',
      expect: [200, 202, 204, 404],
      signal: AbortSignal.timeout(cancelTimeoutMs),
    })
    await answer.discard()
  } catch {
    // See above.
  }
}

interface ObservedSource {
  readonly chunks: AsyncIterable<Uint8Array>
  readonly failure: { readonly error: unknown } | undefined
  /** Ends the source without waiting: one that is stuck must not hold up the error. */
  close(): void
}

function observed(
  source: AsyncGenerator<Uint8Array, void, undefined>,
  onBytes: ((bytes: number) => void) | undefined,
): ObservedSource {
  let failure: { readonly error: unknown } | undefined
  async function* watch(): AsyncGenerator<Uint8Array, void, undefined> {
    let sent = 0
    try {
      for await (const chunk of source) {
        yield chunk
        sent += chunk.byteLength
        onBytes?.(sent)
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
      source.return().catch(() => undefined)
    },
  }
}

import type { BlobOptions, Descriptor } from '@sallyport/core'
import { giveUpContent } from '../blob/verified-content.ts'
import type { UploadStateStore } from '../ports/upload-state-store.ts'
import { hasBlob } from './has-blob.ts'
import { type KeptUpload, keepUpload } from './kept-upload.ts'
import { mountBlob } from './mount-blob.ts'
import type { RegistryContext } from './registry-context.ts'
import { uploadBlob } from './upload-blob.ts'
import { completeRules, type UploadRules } from './upload-rules.ts'
import { cancelUpload, type UploadSession } from './upload-session.ts'

/** Options of a blob write to a registry. */
export interface RegistryBlobOptions extends BlobOptions {
  /** A repository of the same registry that has the blob; then the registry links it and nothing is sent. */
  readonly mountFrom?: string | undefined
  /** Send it without asking first whether it is there: it was just made. Default `false`. */
  readonly isNew?: boolean | undefined
  /** How the content is sent. What is left out is as the client's `uploads` say. */
  readonly uploads?: UploadRules | undefined
  /**
   * Keeps the upload across processes. With it, an upload that fails or is aborted stays at the registry, and the next
   * call goes on with it. Without it, it is deleted.
   */
  readonly uploadState?: UploadStateStore | undefined
  /** Is told how many bytes of the content have arrived; after a failure the count may go back. */
  readonly onBytes?: ((bytes: number) => void) | undefined
}

/** How a blob came to be in the repository. */
export type BlobOutcome = 'existing' | 'mounted' | 'uploaded'

/**
 * Brings a blob into the repository and hashes it meanwhile. Requests: one HEAD for a blob that is there; HEAD, POST and
 * PUT for a new one, without the HEAD when it is known to be new; with `mountFrom` one POST, or, when the registry does not mount, that POST's upload after a HEAD.
 * Content that can be started again (as the readers of this package return) is sent again after a failure, from where
 * the registry is; other content is tried once, and closed whatever happens.
 */
export async function writeBlob(
  context: RegistryContext,
  blob: Descriptor,
  content: AsyncIterable<Uint8Array>,
  options: RegistryBlobOptions = {},
): Promise<BlobOutcome> {
  try {
    return await findOrUpload(context, blob, content, options)
  } catch (error) {
    // One that is stuck must not hold up the error.
    giveUpContent(content).catch(() => undefined)
    throw error
  }
}

async function findOrUpload(
  context: RegistryContext,
  blob: Descriptor,
  content: AsyncIterable<Uint8Array>,
  options: RegistryBlobOptions,
): Promise<BlobOutcome> {
  const { uploads, uploadState, onBytes, signal } = options
  signal?.throwIfAborted()
  const rules = completeRules(uploads, context.uploads)
  const kept = keepUpload(context, blob, uploadState)
  const found = await findOrStart(context, blob, kept, options)
  if (found === 'existing' || found === 'mounted') {
    await kept.forget()
    await giveUpContent(content)
    return found
  }
  const session = found === 'missing' ? undefined : found
  await uploadBlob(context, blob, content, session, { rules, kept, onBytes, signal })
  return 'uploaded'
}

/** What is there of the blob: all of it, an upload that may go on, or nothing. */
async function findOrStart(
  context: RegistryContext,
  blob: Descriptor,
  kept: KeptUpload,
  { mountFrom, isNew = false, signal }: RegistryBlobOptions,
): Promise<'existing' | 'mounted' | 'missing' | UploadSession> {
  const left = await kept.resume(signal)
  if (left !== undefined) return left
  const mount = mountFrom === undefined ? 'refused' : await mountBlob(context, blob, mountFrom, signal)
  if (mount === 'mounted') return mount
  const started = mount === 'refused' ? undefined : mount
  if (isNew) return started ?? 'missing'
  try {
    // Also after a mount that became an upload: a HEAD is cheaper than sending what is there.
    if (!(await hasBlob(context, blob, 'push', signal))) return started ?? 'missing'
  } catch (error) {
    if (started !== undefined) await cancelUpload(context, started)
    throw error
  }
  if (started !== undefined) await cancelUpload(context, started)
  return 'existing'
}

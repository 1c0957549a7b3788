import type { Descriptor } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { mayLead } from '../http/address-scope.ts'
import type { WireAnswer } from '../http/transport.ts'
import { printable } from '../internal/printable.ts'
import { call, type RegistryContext } from './registry-context.ts'

/** A running upload; the registry names a new location in each answer. */
export interface UploadSession {
  location: URL
  /** Shortest chunk that the registry takes, except for the last. */
  minChunkBytes: number
  /** Bytes that have arrived: by our own count, or by the registry's when it was asked. */
  offset: number
  /** It holds bytes of an earlier try. */
  resumed: boolean
}

const cancelTimeoutMs = 5000

/** Starts an upload with an answer of status 202. */
export function toUploadSession(context: RegistryContext, answer: WireAnswer): UploadSession {
  const location = uploadLocation(context, answer.header('location'), answer)
  return { location, minChunkBytes: minChunkBytes(answer), offset: 0, resumed: false }
}

/** Takes over the newest location of an upload. Registries that don't change it may leave it out. */
export function moveUpload(context: RegistryContext, session: UploadSession, answer: WireAnswer): void {
  const location = answer.header('location')
  if (location !== undefined) session.location = uploadLocation(context, location, answer)
  session.minChunkBytes = Math.max(session.minChunkBytes, minChunkBytes(answer))
}

/** Starts an upload: one POST. */
export async function startUpload(
  context: RegistryContext,
  blob: Descriptor,
  signal: AbortSignal | undefined,
): Promise<UploadSession> {
  const answer = await call(context, {
    method: 'POST',
    to: 'blobs/uploads/',
    access: 'push',
    action: `upload blob ${blob.digest}`,
    expect: [202],
    headers: { 'content-length': '0' },
    signal,
  })
  await answer.discard()
  return toUploadSession(context, answer)
}

/**
 * Asks how many bytes of an upload the registry has; `undefined` when it does not know the upload (any more) or does not
 * tell. Registries answer 404 here for uploads that still run (ECR), and docker-registry ends an upload that was cut
 * within a request.
 */
export async function askUpload(
  context: RegistryContext,
  session: UploadSession,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  let answer: WireAnswer
  try {
    answer = await call(context, {
      method: 'GET',
      to: session.location,
      access: 'push',
      action: 'ask for the state of an upload',
      expect: [200, 202, 204],
      signal,
    })
  } catch (error) {
    if (!(error instanceof OciError) || error.status === undefined) throw error
    // Others tell nothing of the upload: the credentials are not right, or the registry is unwell.
    if (!error.retryable && error.code !== 'UNAUTHORIZED' && error.code !== 'DENIED') return undefined
    throw error
  }
  await answer.discard()
  moveUpload(context, session, answer)
  const last = /^(?:bytes[ =])?0-(\d{1,15})$/.exec(answer.header('range') ?? '')?.[1]
  if (last === undefined) return undefined
  // There is no range for no bytes: registries answer 0-0, as they do for one.
  return last === '0' ? 0 : Number(last) + 1
}

/** Ends an upload that failed. Its own failure does not matter: registries clean up sessions after a while. */
export async function cancelUpload(context: RegistryContext, { location }: UploadSession): Promise<void> {
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

/** Whether a place for an upload may be used: by the registry's answer or by a state that was kept. */
export function isUploadLocation({ origin }: RegistryContext, location: URL): boolean {
  return mayLead(origin, location)
}

/** The next place of an upload: kept as given, since its query often carries the registry's own state. */
function uploadLocation(context: RegistryContext, text: string | undefined, answer: WireAnswer): URL {
  const location =
    text !== undefined && URL.canParse(text, answer.url.href) ? new URL(text, answer.url) : undefined
  if (location === undefined || !mayLead(answer.url, location) || !isUploadLocation(context, location)) {
    throw new OciError(
      'REGISTRY_ERROR',
      `${context.name}: the registry names no usable place for an upload: ${printable(location?.origin ?? String(text), 120)}`,
      { status: answer.status, reference: context.name },
    )
  }
  return location
}

function minChunkBytes(answer: WireAnswer): number {
  const field = answer.header('oci-chunk-min-length') ?? ''
  return /^\d{1,15}$/.test(field) ? Number(field) : 0
}

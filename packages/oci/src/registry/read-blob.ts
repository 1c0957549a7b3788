import type { BlobReadOptions, Descriptor } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { networkError } from '../http/http-error.ts'
import { printable } from '../internal/printable.ts'
import { markUnshared } from '../blob/unshared-chunks.ts'
import { verifiedContent } from '../blob/verified-content.ts'
import { createFailureBudget } from './failure-budget.ts'
import { call, type RegistryContext } from './registry-context.ts'

/** A descriptor's `data` is part of a manifest, which is no longer than this. */
const maxDataBytes = 8 * 1024 * 1024

/**
 * Streams a blob. Each start of the stream is a request of its own; a transfer that breaks off goes on where it was, and
 * the whole is verified. A read from an offset is bounded but can't be verified.
 */
export function readBlob(
  context: RegistryContext,
  blob: Descriptor,
  { offset = 0, signal }: BlobReadOptions = {},
): AsyncIterable<Uint8Array> {
  if (offset > 0) return { [Symbol.asyncIterator]: () => receive(context, blob, offset, signal) }
  const { data } = blob
  if (data !== undefined) return verifiedContent(blob, () => embedded(blob, data))
  return verifiedContent(blob, () => markUnshared(receive(context, blob, 0, signal)))
}

async function* embedded(blob: Descriptor, data: string): AsyncGenerator<Uint8Array, void, undefined> {
  if (data.length > maxDataBytes) {
    throw new OciError(
      'LIMIT_EXCEEDED',
      `blob ${blob.digest}: its data field has ${data.length} characters`,
      {
        reference: blob.digest,
      },
    )
  }
  yield Buffer.from(data, 'base64')
}

async function* receive(
  context: RegistryContext,
  blob: Descriptor,
  offset: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const budget = createFailureBudget(context.patience, offset, signal)
  let position = offset
  for (;;) {
    let failure: Error
    try {
      const answer = await request(context, blob, position, signal)
      let skip = position - answer.start
      for await (const chunk of answer.body) {
        const rest = skip === 0 ? chunk : chunk.subarray(skip)
        skip -= chunk.byteLength - rest.byteLength
        if (position + rest.byteLength > blob.size) {
          throw new OciError('SIZE_MISMATCH', `blob ${blob.digest}: more than ${blob.size} bytes`, {
            reference: context.name,
          })
        }
        position += rest.byteLength
        if (rest.byteLength > 0) yield rest
      }
      failure = missing(blob, position)
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof OciError && !mayPass(error, position > offset)) throw error
      failure = networkError(error, {
        action: `read blob ${blob.digest}`,
        reference: context.name,
        notFound: 'BLOB_NOT_FOUND',
      })
    }
    // A connection that breaks after the last byte took nothing from us.
    if (position === blob.size) return
    await budget.spend(failure, position)
  }
}

/** A storage host refuses a signed URL that has expired: the registry, which let us read before, gives another. */
function mayPass({ code }: OciError, hasBegun: boolean): boolean {
  return code === 'DENIED' && hasBegun
}

interface PartialContent {
  /** Position of the first byte of the body. */
  readonly start: number
  readonly body: AsyncIterable<Uint8Array>
}

async function request(
  context: RegistryContext,
  blob: Descriptor,
  position: number,
  signal: AbortSignal | undefined,
): Promise<PartialContent> {
  const answer = await call(context, {
    method: 'GET',
    lane: 'blob',
    to: `blobs/${blob.digest}`,
    access: 'pull',
    action: `read blob ${blob.digest}`,
    notFound: 'BLOB_NOT_FOUND',
    expect: position > 0 ? [200, 206, 416] : [200],
    headers: position > 0 ? { range: `bytes=${position}-` } : {},
    signal,
  })
  // Without Range all of it comes again, and what we have is skipped.
  if (answer.status === 200) return { start: 0, body: answer.body }
  const field = answer.header('content-range')
  const start = Number(/^bytes (\d{1,15})-/.exec(field ?? '')?.[1] ?? Number.NaN)
  if (answer.status === 206 && start <= position) return { start, body: answer.body }
  await answer.discard()
  if (answer.status === 416) throw missing(blob, position)
  throw new OciError(
    'REGISTRY_ERROR',
    `blob ${blob.digest}: asked from byte ${position}, got ${field === undefined ? 'an unknown part' : printable(field, 80)}`,
    { status: 206, reference: context.name },
  )
}

function missing({ digest, size }: Descriptor, position: number): OciError {
  return new OciError('SIZE_MISMATCH', `blob ${digest}: ${position} of ${size} bytes`, { reference: digest })
}

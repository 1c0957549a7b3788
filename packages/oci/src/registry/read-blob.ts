import type { BlobReadOptions, Descriptor } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { networkError } from '../http/http-error.ts'
import type { WireAnswer } from '../http/transport.ts'
import { verifiedContent } from '../blob/verified-content.ts'
import { call, type RegistryContext } from './registry-context.ts'

/** A read that got this far since it last broke is not failing for good. */
const progressBytes = 1024 * 1024

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
  if (data !== undefined) return verifiedContent(blob, () => embedded(data))
  return verifiedContent(blob, () => receive(context, blob, 0, signal))
}

async function* embedded(data: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from(data, 'base64')
}

async function* receive(
  context: RegistryContext,
  blob: Descriptor,
  offset: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = offset
  let fruitless = 0
  for (;;) {
    const answer = await request(context, blob, position, signal)
    if (answer.status === 416) throw missing(blob, position)
    let skip = answer.status === 206 ? 0 : position
    const before = position
    let failure: Error
    try {
      for await (const chunk of answer.body) {
        const rest = skip === 0 ? chunk : chunk.subarray(skip)
        skip = Math.max(0, skip - chunk.byteLength)
        position += rest.byteLength
        if (position > blob.size) {
          throw new OciError('SIZE_MISMATCH', `blob ${blob.digest}: more than ${blob.size} bytes`, {
            reference: context.name,
          })
        }
        if (rest.byteLength > 0) yield rest
      }
      if (position === blob.size) return
      failure = missing(blob, position)
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof OciError) throw error
      failure = networkError(error, {
        action: `read blob ${blob.digest}`,
        reference: context.name,
        notFound: 'BLOB_NOT_FOUND',
      })
    }
    fruitless = position - before >= progressBytes ? 0 : fruitless + 1
    if (fruitless >= context.patience.attempts) throw failure
    await context.patience.backOff(Math.max(1, fruitless), signal)
  }
}

async function request(
  context: RegistryContext,
  blob: Descriptor,
  position: number,
  signal: AbortSignal | undefined,
): Promise<WireAnswer> {
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
  if (answer.status === 416) {
    await answer.discard()
  } else if (answer.status === 206) {
    const start = /^bytes (\d+)-/.exec(answer.header('content-range') ?? '')?.[1]
    if (start !== undefined && Number(start) !== position) {
      await answer.discard()
      throw new OciError(
        'REGISTRY_ERROR',
        `blob ${blob.digest}: asked from byte ${position}, got from ${start}`,
        {
          status: 206,
          reference: context.name,
        },
      )
    }
  }
  return answer
}

function missing({ digest, size }: Descriptor, position: number): OciError {
  return new OciError('SIZE_MISMATCH', `blob ${digest}: ${position} of ${size} bytes`, { reference: digest })
}

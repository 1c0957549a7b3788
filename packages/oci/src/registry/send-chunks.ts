import type { Descriptor } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { call, type RegistryContext } from './registry-context.ts'
import { uploadLocation, type UploadSession } from './upload-session.ts'

/** Some registries refuse more than 4 MiB in one PATCH. */
const chunkBytes = 4 * 1024 * 1024
/** A registry that asks for longer chunks than this would make us hold too much in memory. */
const maxMinChunkBytes = 64 * 1024 * 1024

/** Sends content in several requests, for registries and proxies that don't take it in one. */
export async function sendChunks(
  context: RegistryContext,
  blob: Descriptor,
  content: AsyncIterable<Uint8Array>,
  session: UploadSession,
  signal: AbortSignal | undefined,
): Promise<void> {
  const length = Math.max(chunkBytes, session.minChunkBytes)
  if (length > maxMinChunkBytes) {
    throw new OciError(
      'LIMIT_EXCEEDED',
      `${context.name}: the registry wants chunks of ${session.minChunkBytes} bytes`,
      {
        reference: context.name,
      },
    )
  }
  let position = 0
  for await (const chunk of regroup(content, length)) {
    const answer = await call(context, {
      method: 'PATCH',
      lane: 'blob',
      to: session.location,
      access: 'push',
      action: `upload blob ${blob.digest}`,
      expect: [201, 202, 204],
      headers: {
        'content-type': 'application/octet-stream',
        'content-range': `${position}-${position + chunk.byteLength - 1}`,
      },
      body: chunk,
      signal,
    })
    await answer.discard()
    session.location = uploadLocation(context, answer)
    position += chunk.byteLength
  }
}

async function* regroup(
  content: AsyncIterable<Uint8Array>,
  length: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let parts: Uint8Array[] = []
  let held = 0
  for await (let chunk of content) {
    while (held + chunk.byteLength >= length) {
      yield Buffer.concat([...parts, chunk.subarray(0, length - held)])
      chunk = chunk.subarray(length - held)
      parts = []
      held = 0
    }
    if (chunk.byteLength > 0) {
      parts.push(chunk)
      held += chunk.byteLength
    }
  }
  if (held > 0) yield Buffer.concat(parts)
}

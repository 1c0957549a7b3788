import { type Descriptor, digestAlgorithm, isDigest } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { call, type RegistryContext } from './registry-context.ts'
import { singleChunk } from '../internal/single-chunk.ts'
import { chunkHeaders } from './send-chunks.ts'
import type { UploadSession } from './upload-session.ts'

/** What the request that ends an upload carries: nothing, the last chunk, or the whole content. */
export type LastContent = Uint8Array | AsyncIterable<Uint8Array> | undefined

/** Ends an upload: one PUT, which names the digest. */
export async function finishUpload(
  context: RegistryContext,
  blob: Descriptor,
  content: LastContent,
  { location, offset }: UploadSession,
  signal: AbortSignal | undefined,
): Promise<void> {
  const isChunk = content instanceof Uint8Array
  const answer = await call(context, {
    method: 'PUT',
    lane: isChunk ? 'chunk' : 'blob',
    to: withDigest(location, blob),
    access: 'push',
    action: `upload blob ${blob.digest}`,
    expect: [201, 202, 204],
    headers: isChunk
      ? chunkHeaders(offset, content)
      : {
          'content-type': 'application/octet-stream',
          'content-length': String(content === undefined ? 0 : blob.size),
        },
    body: isChunk ? singleChunk(content) : content,
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
      { status: answer.status, reference: context.name },
    )
  }
}

/** The rest of the query is kept as it came: it often is the registry's own state, or a signature. */
function withDigest(location: URL, { digest }: Descriptor): URL {
  const [place = ''] = location.href.split('#')
  const separator = !place.includes('?') ? '?' : /[?&]$/.test(place) ? '' : '&'
  return new URL(`${place}${separator}digest=${encodeURIComponent(digest)}`)
}

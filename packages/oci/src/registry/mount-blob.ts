import { type Descriptor, parseDigest } from '@sallyport/core'
import { OciError } from '../errors.ts'
import type { WireAnswer } from '../http/transport.ts'
import { call, type RegistryContext } from './registry-context.ts'
import { toUploadSession, type UploadSession } from './upload-session.ts'

/**
 * Asks the registry to link a blob of another of its repositories. One that can't or doesn't want to starts an upload
 * instead; one that refuses the request as such gives `refused`.
 */
export async function mountBlob(
  context: RegistryContext,
  blob: Descriptor,
  from: string,
  signal: AbortSignal | undefined,
): Promise<'mounted' | 'refused' | UploadSession> {
  let answer: WireAnswer
  try {
    answer = await call(context, {
      method: 'POST',
      to: `blobs/uploads/?mount=${parseDigest(blob.digest)}&from=${encodeURIComponent(from)}`,
      access: 'push',
      alsoPull: from,
      action: `mount blob ${blob.digest}`,
      expect: [201, 202],
      headers: { 'content-length': '0' },
      signal,
    })
  } catch (error) {
    // A registry that does not mount, or does not let us read the other repository, still takes an upload.
    if (!(error instanceof OciError) || error.status === undefined || error.status >= 500) throw error
    return 'refused'
  }
  await answer.discard()
  return answer.status === 201 ? 'mounted' : toUploadSession(context, answer)
}

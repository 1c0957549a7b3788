import { type Descriptor, parseDigest } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { call, type RegistryContext } from './registry-context.ts'

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

import { type Descriptor, digestOf } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'

/** Stores bytes as a blob and returns its descriptor. */
export async function pushBlob(
  repository: Repository,
  mediaType: string,
  bytes: Uint8Array,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Descriptor> {
  const blob: Descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
  await repository.write(blob, once(bytes), { signal })
  return blob
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

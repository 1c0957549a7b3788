import { type Descriptor, digestOf } from '@sallyport/core'
import { isRegistryRepository, type Repository } from '@sallyport/oci'

/** Options of {@link writeBlob}. */
export interface WriteBlobOptions {
  /** Nobody can have stored these bytes before: then a registry is not asked for them. Default `false`. */
  readonly isNew?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** Stores bytes that are held in memory, and names them. */
export async function writeBlob(
  repository: Repository,
  mediaType: string,
  bytes: Uint8Array,
  { isNew, signal }: WriteBlobOptions = {},
): Promise<Descriptor> {
  const blob: Descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
  if (isRegistryRepository(repository)) await repository.write(blob, once(bytes), { isNew, signal })
  else await repository.write(blob, once(bytes), { signal })
  return blob
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { Descriptor } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'

/** Writes a blob to a file, however large, with little memory. A file that is there has been verified. */
export async function saveBlob(
  repository: Repository,
  blob: Descriptor,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await pipeline(repository.open(blob, { signal }), createWriteStream(path))
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

import { isSallyportError } from '@sallyport/core'
import { defaultSleep as pause } from '@sallyport/oci/cloud'

const maxAttempts = 5

/**
 * Stores a manifest together with the blobs that it names, again when the registry does not find a blob that it has
 * just taken: registries on plain files lose sight of a blob for a moment while another client sends the same one.
 */
export async function putWithBlobs<T>(put: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await put()
    } catch (error) {
      if (!missesBlob(error) || attempt === maxAttempts) throw error
    }
    await pause(50 * 2 ** attempt * (1 + Math.random()), signal)
  }
}

/** Whether a registry refuses a manifest because it does not find a blob. */
export function missesBlob(error: unknown): boolean {
  if (!isSallyportError(error)) return false
  const { registryErrors = [] } = error as { registryErrors?: readonly { readonly code: string }[] }
  return registryErrors.some(({ code }) => code === 'MANIFEST_BLOB_UNKNOWN' || code === 'BLOB_UNKNOWN')
}

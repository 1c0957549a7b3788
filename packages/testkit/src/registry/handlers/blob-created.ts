import type { Digest } from '@sallyport/core'
import type { RegistryHappening } from '../events/registry-event.ts'
import type { RegistryResponse } from '../registry-response.ts'
import { digestHeader, type HandlerInput, locationOf } from './registry-context.ts'

/** The answer to a blob that is now in the repository. */
export function blobCreated(
  { context, repository }: HandlerInput,
  digest: Digest,
  happening: RegistryHappening,
): RegistryResponse {
  const location = locationOf(context, `/v2/${repository}/blobs/${digest}`)
  const headers = { location, ...digestHeader(context, digest), 'content-length': '0' }
  return { status: 201, headers, happening }
}

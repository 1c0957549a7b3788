import { isDigest } from '@sallyport/core'
import { RegistryFault } from '../registry-fault.ts'
import type { RegistryResponse } from '../registry-response.ts'
import { isRepositoryName } from '../route-request.ts'
import { blobCreated } from './blob-created.ts'
import type { HandlerInput } from './registry-context.ts'

/**
 * Makes a blob of another repository also one of this (OCI distribution specification, "Mounting a blob from another
 * repository"). `undefined`: there is nothing to mount, and an upload begins.
 */
export async function mountBlob(input: HandlerInput): Promise<RegistryResponse | undefined> {
  const { request, context, repository } = input
  const { quirks, catalogue, storage } = context
  const digest = request.query.get('mount')
  if (digest === null) return undefined
  if (!isDigest(digest)) throw new RegistryFault(400, 'DIGEST_INVALID', 'mount is no digest')
  const from = request.query.get('from')
  if (from === null && quirks.refusesAnonymousMount) {
    throw new RegistryFault(400, 'UNSUPPORTED', 'a mount needs from')
  }
  if (from !== null) checkSource(input, from)
  if (!quirks.mount || (from === null && !quirks.anonymousMount)) return undefined
  for (const source of from === null ? catalogue.names() : [from]) {
    const size = catalogue.get(source)?.blobs.get(digest)
    if (size === undefined) continue
    await storage.share(digest, source, repository)
    catalogue.require(repository).blobs.set(digest, size)
    await catalogue.saved(repository)
    const mediaType = 'application/octet-stream'
    return blobCreated(input, digest, { action: 'mount', digest, mediaType, size, fromRepository: source })
  }
  return undefined
}

function checkSource({ context }: HandlerInput, from: string): void {
  if (!isRepositoryName(from)) throw new RegistryFault(400, 'NAME_INVALID', 'from is no name')
  const { mountFromUnknown } = context.quirks
  if (mountFromUnknown === 202 || context.catalogue.get(from)) return
  const code = mountFromUnknown === 401 ? 'UNAUTHORIZED' : 'NAME_INVALID'
  throw new RegistryFault(mountFromUnknown, code, `there is no repository ${from}`)
}

import {
  type Descriptor,
  type Digest,
  isManifestMediaType,
  type Platform,
  type RawManifest,
} from '@sallyport/core'
import { holdsOnlyDocuments, OciError, parseIndex, parseManifest, type Repository } from '@sallyport/oci'

/** An image that an index lists and that can run. */
export interface ListedPlatform {
  readonly digest: Digest
  readonly platform?: Platform | undefined
}

const maxPlatforms = 64

/**
 * The images that an index lists and that can run. `unknown/unknown` is a claim that anybody can make: only what holds
 * nothing but documents is left out for it.
 *
 * @throws {OciError} `MANIFEST_INVALID`, `MANIFEST_UNSUPPORTED` for something that is no image, or when there is no image.
 * @throws {OciError} `LIMIT_EXCEEDED` above 64 images.
 */
export async function listPlatforms(
  repository: Repository,
  raw: RawManifest,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<readonly ListedPlatform[]> {
  const { digest: index } = raw.descriptor
  const listed = new Map<Digest, ListedPlatform>()
  for (const entry of parseIndex(raw).manifests) {
    const { digest, mediaType, platform } = entry
    if (!isManifestMediaType(mediaType))
      throw new OciError(
        'MANIFEST_UNSUPPORTED',
        `${index} lists ${digest}, which is no image but ${mediaType}`,
      )
    if (platform?.os === 'unknown' && !(await couldRun(repository, entry, signal))) continue
    listed.set(digest, { digest, platform })
    if (listed.size > maxPlatforms)
      throw new OciError('LIMIT_EXCEEDED', `${index} lists more than ${maxPlatforms} images`)
  }
  if (listed.size === 0) throw new OciError('MANIFEST_INVALID', `${index} lists no image that can run`)
  return [...listed.values()]
}

async function couldRun(
  repository: Repository,
  { digest }: Descriptor,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const raw = await repository.findManifest(digest, { signal })
  // What is not there can't.
  return raw !== undefined && !holdsOnlyDocuments(parseManifest(raw))
}

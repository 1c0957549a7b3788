import { isIndexMediaType, parsePlatform, type RawManifest } from '@sallyport/core'
import { parseIndex, parseReference, type RegistryClient, selectPlatform } from '@sallyport/oci'

/** The manifest of an image for one platform. This is the only look at the tag: what follows goes by digest. */
export async function resolveImage(
  client: RegistryClient,
  image: string,
  platform = 'linux/amd64',
): Promise<RawManifest> {
  const reference = parseReference(image)
  const repository = client.repository(reference)
  const root = await repository.getManifest(reference.digest ?? reference.tag ?? 'latest')
  if (!isIndexMediaType(root.descriptor.mediaType)) return root
  const chosen = selectPlatform(parseIndex(root), parsePlatform(platform))
  if (chosen === undefined) throw new Error(`${image} has no image for ${platform}`)
  return repository.getManifest(chosen.digest)
}

import { attachSignature, type AttachResult, type Signer } from '@sallyport/attest'
import { parseReference, type RegistryClient } from '@sallyport/oci'

/** Signs what a tag leads to now, an image or an index, as `cosign sign` does. */
export async function signImage(
  client: RegistryClient,
  image: string,
  signer: Signer,
): Promise<AttachResult> {
  const reference = parseReference(image)
  const repository = client.repository(reference)
  const { descriptor } = await repository.getManifest(reference.digest ?? reference.tag ?? 'latest')
  return attachSignature(repository, descriptor, signer)
}

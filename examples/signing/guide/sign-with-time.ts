import { attachSignature, type AttachResult, type Signer, timestampAuthority } from '@sallyport/attest'
import type { Descriptor } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'

/** Signs with a key, and has an authority confirm when. */
export async function signWithTime(
  repository: Repository,
  image: Descriptor,
  signer: Signer,
  authority: string,
): Promise<AttachResult> {
  return attachSignature(repository, image, signer, { witnesses: [timestampAuthority({ url: authority })] })
}

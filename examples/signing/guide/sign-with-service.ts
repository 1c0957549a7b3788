import { attachSignature, type AttachResult, kmsSigner } from '@sallyport/attest'
import type { Descriptor } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'

/** Signs with a key that never leaves its service, such as `hashivault://release` or `awskms:///alias/release`. */
export async function signWithService(
  repository: Repository,
  image: Descriptor,
  key: string,
): Promise<AttachResult> {
  return attachSignature(repository, image, await kmsSigner(key))
}

import { readFile } from 'node:fs/promises'
import {
  ambientIdentityToken,
  attachSignature,
  type AttachResult,
  parseSigningConfig,
  signingServices,
} from '@sallyport/attest'
import type { Descriptor } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'

/** Signs as the identity of this job, with the services that a signing config names. */
export async function signKeyless(
  repository: Repository,
  image: Descriptor,
  signingConfig: string,
): Promise<AttachResult> {
  const config = parseSigningConfig(await readFile(signingConfig))
  const { signer, witnesses } = signingServices(config, { token: ambientIdentityToken() })
  return attachSignature(repository, image, signer, { witnesses })
}

import { attachAttestation, attachSignature, readEvidence, type Signer } from '@sallyport/attest'
import type { Descriptor } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'

/** Adds a bundle for everything under the `.sig` and `.att` tags that this key signed. */
export async function addBundles(repository: Repository, image: Descriptor, signer: Signer): Promise<void> {
  const { verified } = await readEvidence(repository, image.digest, { keys: [signer.publicKey] })
  for (const { store, statement } of verified) {
    if (store === 'legacy-signature') await attachSignature(repository, image, signer, { mode: 'bundle' })
    if (store === 'legacy-attestation')
      await attachAttestation(repository, image, statement, signer, { mode: 'bundle' })
  }
}

import {
  attachAttestation,
  type AttachResult,
  createStatement,
  predicateKinds,
  type Signer,
} from '@sallyport/attest'
import type { Descriptor, Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'

/** Attaches a verification summary: this gate let the image into this place, by this policy. */
export async function attestDecision(
  repository: Repository,
  image: Descriptor,
  policy: Digest,
  signer: Signer,
): Promise<AttachResult> {
  const { type, build } = predicateKinds.vsa
  const summary = build({
    verifier: { id: 'https://gate.example/prod' },
    timeVerified: new Date(),
    resourceUri: 'pkg:oci/app?repository_url=prod.example%2Fteam%2Fapp',
    policy: { uri: 'https://gate.example/policies/prod', digest: policy },
    result: 'PASSED',
    verifiedLevels: ['SLSA_BUILD_LEVEL_2'],
  })
  const statement = createStatement([{ name: repository.name, digest: image.digest }], type, summary)
  return attachAttestation(repository, image, statement, signer)
}

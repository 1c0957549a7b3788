import { readFile } from 'node:fs/promises'
import {
  attachAttestation,
  type AttachResult,
  createStatement,
  predicateKinds,
  type Signer,
} from '@sallyport/attest'
import type { Descriptor } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'

/** Attaches a CycloneDX document that the signer vouches for, as `cosign attest --type cyclonedx` does. */
export async function attestSbom(
  repository: Repository,
  image: Descriptor,
  file: string,
  signer: Signer,
): Promise<AttachResult> {
  const { type, build } = predicateKinds.cyclonedx
  const document = build(JSON.parse(await readFile(file, 'utf8')))
  const statement = createStatement([{ name: repository.name, digest: image.digest }], type, document)
  return attachAttestation(repository, image, statement, signer)
}

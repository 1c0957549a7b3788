import { readFile } from 'node:fs/promises'
import {
  attachAttestation,
  attachSignature,
  createStatement,
  type ImageVerdict,
  keySigner,
  predicateTypes,
  verifyImage,
} from '@sallyport/attest'
import { createRegistryClient, parseReference } from '@sallyport/oci'

/** Signs `registry/repository:1.4` and attaches its SBOM; then asks what a consumer would ask. */
export async function signAndVerify(name: string, keyFile: string, sbomFile: string): Promise<ImageVerdict> {
  await using client = createRegistryClient()
  const repository = client.repository(parseReference(name))
  const { descriptor } = await repository.getManifest('1.4')
  const passphrase = process.env['COSIGN_PASSWORD']
  const signer = keySigner(await readFile(keyFile, 'utf8'), { passphrase })

  const sbom: unknown = JSON.parse(await readFile(sbomFile, 'utf8'))
  const statement = createStatement([descriptor], predicateTypes.cyclonedx, sbom)
  await attachAttestation(repository, descriptor, statement, signer)
  await attachSignature(repository, descriptor, signer)

  const by = { keys: [signer.publicKey] }
  return await verifyImage(repository, descriptor.digest, {
    requirements: [
      { kind: 'signature', by },
      { kind: 'sbom', by },
    ],
  })
}

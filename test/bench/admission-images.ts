import {
  attachAttestation,
  attachSignature,
  createStatement,
  decisionLevel,
  decisionResource,
  predicateKinds,
  predicateTypes,
  type Signer,
} from '@sallyport/attest'
import { type Digest, digestOf } from '@sallyport/core'
import { createRegistryClient } from '@sallyport/oci'
import { createImage, pushImage } from '@sallyport/testkit'

/** Id of the gate whose decisions count. */
export const gateId = 'https://gate.example/prod'

/** Pushes so many small images with what a gate attaches: a signature and a decision for the tier `prod`. */
export async function pushPromoted(
  registry: string,
  repository: string,
  count: number,
  signer: Signer,
): Promise<readonly Digest[]> {
  await using client = createRegistryClient({ settleMs: 0 })
  const target = client.repository({ registry, repository })
  const place = `${registry}/${repository}`
  const digests: Digest[] = []
  for (let at = 0; at < count; at++) {
    const image = createImage({ layers: [{ files: { '/app': `${repository} ${at}` } }] })
    const { descriptor } = image.raw
    await pushImage(target, image, `v${at}`)
    const options = { mode: 'bundle', settleMs: 0 } as const
    await attachSignature(target, descriptor, signer, { ...options, reference: place, createdAt: new Date() })
    const predicate = predicateKinds.vsa.build({
      verifier: { id: gateId },
      timeVerified: new Date(),
      resourceUri: decisionResource(place),
      policy: { uri: 'gate.yaml', digest: digestOf('policy') },
      result: 'PASSED',
      verifiedLevels: [decisionLevel('prod')],
    })
    const subject = [{ name: place, digest: descriptor.digest }]
    const statement = createStatement(subject, predicateTypes.vsa, predicate)
    await attachAttestation(target, descriptor, statement, signer, options)
    digests.push(descriptor.digest)
  }
  return digests
}

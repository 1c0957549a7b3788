import {
  attachAttestation,
  attachSignature,
  createStatement,
  decisionLevel,
  decisionResource,
  keySigner,
  predicateKinds,
  predicateTypes,
  type SigningKeyPair,
} from '@sallyport/attest'
import { type Digest, digestOf } from '@sallyport/core'
import { createRegistryClient } from '@sallyport/oci'
import { createImage, pushImage } from '@sallyport/testkit'

/** Id of the gate whose decisions count. */
export const gateId = 'https://sallyport.dev/gate/prod'

/** What images come with: only the first kind may run. */
export const kinds = [
  'promoted',
  'unsigned',
  'strangers',
  'elsewhere',
  'lower-tier',
  'decision-only',
] as const
export type Kind = (typeof kinds)[number]

const each = 4

/** Pushes images of each kind to `prod/<kind>`, with what a gate would attach, or nearly so. */
export async function pushKinds(
  registry: string,
  keys: { readonly release: SigningKeyPair; readonly stranger: SigningKeyPair },
): Promise<ReadonlyMap<Kind, readonly Digest[]>> {
  await using client = createRegistryClient({ settleMs: 0 })
  const options = { mode: 'bundle', settleMs: 0 } as const
  const pushed = new Map<Kind, Digest[]>()
  for (const kind of kinds) {
    const repository = client.repository({ registry, repository: `prod/${kind}` })
    const place = `${registry}/prod/${kind}`
    const signer = keySigner(keys[kind === 'strangers' ? 'stranger' : 'release'].privateKey)
    const digests: Digest[] = []
    for (let at = 0; at < each; at++) {
      const image = createImage({ layers: [{ files: { '/app': `${kind} ${at}` } }] })
      const { descriptor } = image.raw
      const { digest } = descriptor
      await pushImage(repository, image, digest.slice(7, 19))
      digests.push(digest)
      if (kind === 'unsigned') continue
      if (kind !== 'decision-only')
        await attachSignature(repository, descriptor, signer, {
          ...options,
          reference: place,
          createdAt: new Date(),
        })
      const predicate = predicateKinds.vsa.build({
        verifier: { id: gateId },
        timeVerified: new Date(),
        resourceUri: decisionResource(kind === 'elsewhere' ? `${registry}/stage/app` : place),
        policy: { uri: 'gate.yaml', digest: digestOf('policy') },
        result: 'PASSED',
        verifiedLevels: [decisionLevel(kind === 'lower-tier' ? 'stage' : 'prod')],
      })
      const statement = createStatement([{ name: place, digest }], predicateTypes.vsa, predicate)
      await attachAttestation(repository, descriptor, statement, signer, options)
    }
    pushed.set(kind, digests)
  }
  return pushed
}

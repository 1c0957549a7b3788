import {
  attachSignature,
  generateSigningKey,
  keySigner,
  predicateTypes,
  type StorageMode,
} from '@sallyport/attest'
import type { Descriptor, Digest } from '@sallyport/core'
import type { Gate } from '@sallyport/gate'
import { copy, type RegistryClient, type RegistryRepository } from '@sallyport/oci'
import { pushImage } from '@sallyport/testkit'
import { sampleImage } from '../gate/write-samples.ts'

/** What {@link fillProduction} works with. */
export interface Production {
  readonly gate: Gate
  readonly client: RegistryClient
  /** Host that is promoted from. */
  readonly build: string
  /** Host that is filled. */
  readonly registry: string
  /** Signs images of `vendor/`. */
  readonly vendor: ReturnType<typeof keySigner>
}

/**
 * Fills a registry as it comes to be over the years: four images through the gate, of which one loses evidence and one its
 * decision in the new form, and five that came in another way. Returns the digest that is at tag `1` of each repository.
 */
export async function fillProduction({
  gate,
  client,
  build,
  registry,
  vendor,
}: Production): Promise<ReadonlyMap<string, Digest>> {
  const digests = new Map<string, Digest>()
  const at = (host: string, repository: string) => client.repository({ registry: host, repository })

  const promote = async (repository: string, tool = false): Promise<Digest> => {
    await pushImage(at(build, repository), sampleImage({ version: repository, tool }), '1')
    const name = `${repository}:1`
    const outcome = await gate.promote({ from: `${build}/${name}`, to: `${registry}/${name}`, tier: 'prod' })
    if (outcome.verdict !== 'pass') throw new Error(`${name}: ${outcome.verdict}`)
    digests.set(repository, outcome.digest)
    return outcome.digest
  }
  const push = async (repository: string): Promise<Descriptor> => {
    const image = sampleImage({ version: repository })
    await pushImage(at(registry, repository), image, '1')
    digests.set(repository, image.raw.descriptor.digest)
    return image.raw.descriptor
  }
  const sign = async (
    repository: string,
    image: Descriptor,
    { by = vendor, mode = 'bundle' }: { by?: Production['vendor']; mode?: StorageMode } = {},
  ): Promise<void> => {
    const reference = `${registry}/${repository}`
    await attachSignature(at(registry, repository), image, by, { reference, mode, settleMs: 0 })
  }

  const app = await promote('team/app')
  await promote('team/cli', true)
  const [batch, shell] = [await promote('team/batch'), await promote('team/shell')]
  await deleteBundle(at(registry, 'team/batch'), batch, predicateTypes.vulns)
  await deleteBundle(at(registry, 'team/shell'), shell, predicateTypes.vsa)

  await push('team/web')
  await sign('team/worker', await push('team/worker'), { by: keySigner(generateSigningKey().privateKey) })
  await copy(at(registry, 'team/app'), at(registry, 'team/copied'), { from: app, tag: '1' })
  digests.set('team/copied', app)
  await sign('vendor/proxy', await push('vendor/proxy'))
  await push('sandbox/try')

  const gone = await push('team/gone')
  await sign('team/gone', gone, { mode: 'legacy' })
  await at(registry, 'team/gone').deleteManifest(gone.digest)
  digests.delete('team/gone')
  return digests
}

/** Deletes the bundle of one predicate type; what is under cosign's tags stays. */
async function deleteBundle(repository: RegistryRepository, subject: Digest, type: string): Promise<void> {
  const { entries } = await repository.listReferrerEntries(subject)
  for (const { digest, annotations } of entries)
    if (annotations?.['dev.sigstore.bundle.predicateType'] === type) await repository.deleteManifest(digest)
}

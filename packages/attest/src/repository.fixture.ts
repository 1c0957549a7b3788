import type { Descriptor } from '@sallyport/core'
import { createRegistryClient, parseReference, type Repository } from '@sallyport/oci'
import {
  createImage,
  pushImage,
  startRegistry,
  type StartRegistryOptions,
  type TestRegistry,
} from '@sallyport/testkit'

/** A repository of a real registry in this process, with one image in it. */
export interface TestRepository extends AsyncDisposable {
  readonly registry: TestRegistry
  readonly repository: Repository
  readonly image: Descriptor
  /** `host/repository`. */
  readonly name: string
}

/** Starts a registry and pushes an image. Nobody else writes, so nothing has to settle. */
export async function openTestRepository(
  quirks: StartRegistryOptions['quirks'] = {},
): Promise<TestRepository> {
  const registry = await startRegistry({ quirks })
  const name = `${registry.host}/team/app`
  const client = createRegistryClient({ settleMs: 0, retry: { attempts: 1 } })
  const repository = client.repository(parseReference(name))
  const image = createImage({ layers: [{ files: { 'etc/motd': 'hello' } }] })
  await pushImage(repository, image, '1.0')
  return {
    registry,
    repository,
    image: image.raw.descriptor,
    name,
    [Symbol.asyncDispose]: () => registry.close(),
  }
}

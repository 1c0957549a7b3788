import { createRegistryClient, type Repository } from '@sallyport/oci'
import { type GeneratedImage, pushImage } from '@sallyport/testkit'
import { interopRegistries } from './interop-registries.ts'

/** A repository with an image, and how others name both. */
export interface EvidencePlace {
  readonly repository: Repository
  /** `host/repository`. */
  readonly name: string
  /** `host/repository@digest` of the image. */
  readonly image: string
}

/** A registry in which evidence is attached. */
export interface EvidenceRegistry extends AsyncDisposable {
  readonly host: string
  /** Stores an image in a repository, which may be a new one, under the tag `1`. */
  push(repository: string, image: GeneratedImage): Promise<EvidencePlace>
}

/** The registries of the suites about evidence: one that lists referrers, one with the fallback tag. */
export const evidenceRegistries = interopRegistries
  .filter(({ name }) => name === 'olareg' || name === 'docker-registry')
  .map(({ name, referrersApi, start }) => ({
    name,
    referrersApi,
    async start(directory: string): Promise<EvidenceRegistry> {
      await using started = new AsyncDisposableStack()
      const { host } = started.use(await start(directory))
      const client = started.use(createRegistryClient({ settleMs: 0 }))
      const running = started.move()
      return {
        host,
        async push(name, image) {
          const repository = client.repository({ registry: host, repository: name })
          await pushImage(repository, image, '1')
          return {
            repository,
            name: `${host}/${name}`,
            image: `${host}/${name}@${image.raw.descriptor.digest}`,
          }
        },
        [Symbol.asyncDispose]: () => running.disposeAsync(),
      }
    },
  }))

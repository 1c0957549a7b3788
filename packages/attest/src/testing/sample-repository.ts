import { type Descriptor, digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import { createRegistryClient, parseReference, type Repository } from '@sallyport/oci'
import {
  createImage,
  pushImage,
  type RegistryQuirks,
  startRegistry,
  type TestRegistry,
} from '@sallyport/testkit'
import { writeBlob } from '../storage/write-blob.ts'

/** An image in a registry of its own. */
export interface SampleRepository extends AsyncDisposable {
  readonly registry: TestRegistry
  readonly repository: Repository
  /** The image's manifest. */
  readonly subject: Descriptor
  /** `host/repository`. */
  readonly reference: string
  /** The same repository through a client of its own, as another process would see it. */
  connect(): Repository
}

/** Starts a registry with one small image. */
export async function startSampleRepository(quirks: Partial<RegistryQuirks> = {}): Promise<SampleRepository> {
  const registry = await startRegistry({ quirks })
  const reference = `${registry.host}/team/app`
  const clients: AsyncDisposable[] = []
  const connect = (): Repository => {
    const client = createRegistryClient({ settleMs: 0, retry: { attempts: 1 } })
    clients.push(client)
    return client.repository(parseReference(`${reference}:1`))
  }
  const repository = connect()
  const image = createImage({ layers: [{ files: { 'etc/app': 'app' } }] })
  await pushImage(repository, image, '1')
  registry.clearRequests()
  return {
    registry,
    repository,
    subject: image.raw.descriptor,
    reference,
    connect,
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client[Symbol.asyncDispose]()
      await registry.close()
    },
  }
}

/** What a test puts into a manifest that carries evidence, or something that pretends to. */
export interface PlantedManifest {
  readonly tag?: string | undefined
  readonly subject?: Descriptor | undefined
  readonly artifactType?: string | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
  readonly layers: readonly {
    readonly mediaType: string
    readonly bytes: Uint8Array
    readonly annotations?: Readonly<Record<string, string>> | undefined
  }[]
}

/** Stores a manifest with its layers, without any of the checks of the code under test. */
export async function plant(
  repository: Repository,
  { tag, layers, ...fields }: PlantedManifest,
): Promise<RawManifest> {
  const config = await writeBlob(repository, mediaTypes.ociEmpty, Buffer.from('{}'), undefined)
  const written: Descriptor[] = []
  for (const { mediaType, bytes, annotations } of layers) {
    const blob = await writeBlob(repository, mediaType, bytes, undefined)
    written.push(annotations ? { ...blob, annotations } : blob)
  }
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config,
      layers: written,
      ...fields,
    }),
  )
  const manifest = {
    bytes,
    descriptor: { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.byteLength },
  }
  await repository.putManifest(manifest, { tag })
  return manifest
}

/** The requests that changed something. */
export function writesOf({ requests }: TestRegistry): string[] {
  return requests
    .filter(({ method }) => method !== 'GET' && method !== 'HEAD')
    .map(({ method, path }) => `${method} ${path}`)
}

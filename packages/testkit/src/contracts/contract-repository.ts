import { type Descriptor, digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { type ContractSubject, streamOf } from './contract-subject.ts'

/** An empty repository that may be written to. */
export type CreateRepository = () => Promise<ContractSubject<Repository>>

/** What a subject of `describeRepositoryContract` can't do; where something is missing the law is the weaker one. */
export interface RepositoryContractOptions {
  /** `headManifest` says that there is nothing, as registries without HEAD make it. Default `false`. */
  readonly headFindsNothing?: boolean | undefined
  /** A tag that exists stays where it is. Default `false`. */
  readonly tagsStay?: boolean | undefined
}

/** All tags, sorted. */
export async function tagsOf(repository: Repository): Promise<string[]> {
  const tags: string[] = []
  for await (const tag of repository.listTags()) tags.push(tag)
  return tags.sort()
}

/** Any JSON as a manifest. */
export function toManifest(mediaType: string, value: object): RawManifest {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...value }))
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes }
}

/** Pushes an artifact of a type that has an image as its subject. */
export async function pushReferrer(
  repository: Repository,
  subject: Descriptor,
  artifactType: string,
): Promise<RawManifest> {
  const config = { mediaType: mediaTypes.ociEmpty, digest: digestOf('{}'), size: 2 }
  await repository.write(config, streamOf(Buffer.from('{}')))
  const annotations = { type: artifactType }
  const { mediaType, digest, size } = subject
  const value = { artifactType, config, layers: [config], subject: { mediaType, digest, size }, annotations }
  const manifest = toManifest(mediaTypes.ociManifest, value)
  await repository.putManifest(manifest)
  return manifest
}

import { type BlobOptions, type Digest, isManifestMediaType, type Reference } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { layoutFileText } from '../layout/layout-documents.ts'
import { formatLayoutIndex, imageNameAnnotation, type LayoutIndex, tagOf } from '../layout/layout-index.ts'
import { parseManifest } from '../manifest/parse-manifest.ts'
import type { Repository } from '../ports/repository.ts'
import { isCosignTag } from '../referrers/cosign-tags.ts'
import { type DockerImage, formatDockerManifest, isDockerImage } from './docker-manifest.ts'

/** A small file of an archive. */
export interface ArchiveDocument {
  readonly name: string
  readonly bytes: Uint8Array
}

/** What {@link formatArchiveDocuments} needs of an archive. */
export interface ArchiveDocumentsOptions
  extends Pick<Repository, 'name' | 'getManifest' | 'has'>, BlobOptions {
  readonly index: LayoutIndex
  /** The name for Docker; without it the archive is an OCI layout only. */
  readonly docker: Pick<Reference, 'registry' | 'repository'> | undefined
}

/**
 * The files that end an archive: `index.json`, `oci-layout`, and `manifest.json` when it shall be one for Docker.
 *
 * @throws {OciError} `BLOB_NOT_FOUND` when an image for Docker lacks its config or a layer.
 * @throws {OciError} `MANIFEST_UNSUPPORTED` when a layer is of a kind that `docker load` does not take.
 */
export async function formatArchiveDocuments(
  options: ArchiveDocumentsOptions,
): Promise<readonly ArchiveDocument[]> {
  const { index, docker } = options
  const texts: (readonly [string, string])[] = [['index.json', formatLayoutIndex(named(index, docker))]]
  if (docker !== undefined) {
    texts.push(['manifest.json', formatDockerManifest(await dockerImages(options, docker))])
  }
  texts.push(['oci-layout', layoutFileText])
  return texts.map(([name, text]) => ({ name, bytes: Buffer.from(text) }))
}

/** The error for an index that Docker should load under a tag. */
export function indexForDocker(digest: Digest): OciError {
  return new OciError(
    'MANIFEST_UNSUPPORTED',
    `${digest} is an index, and Docker loads images of one platform; choose one of its images`,
    { reference: digest },
  )
}

async function dockerImages(
  { index, name, getManifest, has, signal }: ArchiveDocumentsOptions,
  { registry, repository }: Pick<Reference, 'registry' | 'repository'>,
): Promise<readonly DockerImage[]> {
  const images = new Map<Digest, DockerImage>()
  for (const entry of index.entries) {
    const { digest, mediaType } = entry.descriptor
    if (!isManifestMediaType(mediaType) || isCosignTag(tagOf(entry))) continue
    const manifest = await getManifest(digest, { signal })
    if (!isDockerImage(manifest)) continue
    const { config, layers } = parseManifest(manifest)
    for (const blob of [config, ...layers]) {
      if (await has(blob)) continue
      throw new OciError('BLOB_NOT_FOUND', `${name}: image ${digest} lacks its blob ${blob.digest}`, {
        reference: blob.digest,
      })
    }
    const tag = tagOf(entry)
    const names = images.get(digest)?.names ?? []
    images.set(digest, {
      manifest,
      names: tag === undefined ? names : [...names, `${registry}/${repository}:${tag}`],
    })
  }
  return [...images.values()]
}

/** Docker and containerd look for the whole name of an image in an annotation of their own. */
function named(
  index: LayoutIndex,
  name: Pick<Reference, 'registry' | 'repository'> | undefined,
): LayoutIndex {
  if (name === undefined) return index
  return {
    ...index,
    entries: index.entries.map((entry) => {
      const tag = tagOf(entry)
      if (tag === undefined) return entry
      const annotations = {
        ...entry.descriptor.annotations,
        [imageNameAnnotation]: `${name.registry}/${name.repository}:${tag}`,
      }
      return { descriptor: { ...entry.descriptor, annotations }, fields: { ...entry.fields, annotations } }
    }),
  }
}

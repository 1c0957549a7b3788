import { mkdir } from 'node:fs/promises'
import { mediaTypes } from '@sallyport/core'
import type { RepositoryRecord } from './catalogue.ts'
import { replaceFile } from './directory-storage.ts'
import { layoutPaths } from './layout-paths.ts'

/** The annotation that holds a tag (OCI image specification, "Pre-Defined Annotation Keys"). */
export const refName = 'org.opencontainers.image.ref.name'

/** Writes what makes a repository's folder an OCI layout: its marker, and its index of all tags and manifests. */
export async function writeLayoutIndex(
  directory: string,
  repository: string,
  { manifests, tags }: RepositoryRecord,
): Promise<void> {
  const paths = layoutPaths(directory, repository)
  const tagged = new Set(tags.values())
  const entries = [
    ...[...tags].map(([tag, digest]) => ({ digest, annotations: { [refName]: tag } })),
    // Listed without a name, so that what has no tag is found again.
    ...[...manifests.keys()].filter((digest) => !tagged.has(digest)).map((digest) => ({ digest })),
  ]
  const index = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: entries.flatMap((entry) => {
      const manifest = manifests.get(entry.digest)
      if (!manifest) return []
      const { mediaType, size, artifactType } = manifest
      return [{ mediaType, ...entry, size, ...(artifactType === undefined ? {} : { artifactType }) }]
    }),
  }
  await mkdir(paths.folder, { recursive: true })
  await replaceFile(directory, paths.index, JSON.stringify(index))
  // Last: a folder with the marker is a layout whose index is there.
  await replaceFile(directory, paths.marker, JSON.stringify({ imageLayoutVersion: '1.0.0' }))
}

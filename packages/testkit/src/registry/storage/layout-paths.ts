import { join } from 'node:path'
import { type Digest, digestAlgorithm, digestHex } from '@sallyport/core'

/** Where a repository's OCI layout is inside of the registry's folder (OCI image specification, "Image Layout"). */
export interface LayoutPaths {
  readonly folder: string
  readonly marker: string
  readonly index: string
  blob(digest: Digest): string
}

const ownNames = new Set(['blobs', 'index.json', 'oci-layout'])

/** Whether a repository's folder can't come to lie on a file or folder of another repository's layout. */
export function hasLayoutFolder(repository: string): boolean {
  return repository.split('/').every((component) => !ownNames.has(component))
}

/** The paths of a repository whose name is valid and has a layout folder. */
export function layoutPaths(directory: string, repository: string): LayoutPaths {
  const folder = join(directory, ...repository.split('/'))
  return {
    folder,
    marker: join(folder, 'oci-layout'),
    index: join(folder, 'index.json'),
    blob: (digest) => join(folder, 'blobs', digestAlgorithm(digest), digestHex(digest)),
  }
}

/** Folder for what is not finished; its name can't be that of a repository. */
export function unfinishedFolder(directory: string): string {
  return join(directory, '.unfinished')
}

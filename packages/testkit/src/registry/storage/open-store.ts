import type { Digest } from '@sallyport/core'
import { type Catalogue, createCatalogue } from './catalogue.ts'
import type { ContentStorage } from './content-storage.ts'
import { createDirectoryStorage } from './directory-storage.ts'
import { hasLayoutFolder } from './layout-paths.ts'
import { createMemoryStorage } from './memory-storage.ts'
import { readLayouts } from './read-layouts.ts'
import { writeLayoutIndex } from './write-layout-index.ts'

/** What a registry keeps, and where. */
export interface RegistryStore {
  readonly catalogue: Catalogue
  readonly storage: ContentStorage
  /** Whether a repository of that name can be kept. */
  readonly acceptsName: (repository: string) => boolean
}

/** Opens the layouts of a folder, or an empty store in memory. */
export async function openStore(directory: string | undefined): Promise<RegistryStore> {
  if (directory === undefined) {
    return { catalogue: createCatalogue(), storage: createMemoryStorage(), acceptsName: () => true }
  }
  const records = await readLayouts(directory)
  const holders = new Map<Digest, Set<string>>()
  for (const [repository, { blobs, manifests }] of records) {
    for (const digest of [...blobs.keys(), ...manifests.keys()]) {
      holders.set(digest, (holders.get(digest) ?? new Set()).add(repository))
    }
  }
  return {
    catalogue: createCatalogue(records, (repository, record) =>
      writeLayoutIndex(directory, repository, record),
    ),
    storage: await createDirectoryStorage(directory, holders),
    acceptsName: hasLayoutFolder,
  }
}

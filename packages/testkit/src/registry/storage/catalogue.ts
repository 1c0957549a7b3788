import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Digest } from '@sallyport/core'

/** A manifest as a repository knows it; its bytes are in the content storage. */
export interface StoredManifest {
  readonly mediaType: string
  readonly size: number
  readonly subject?: Digest | undefined
  readonly artifactType?: string | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** What one repository holds. */
export interface RepositoryRecord {
  readonly blobs: Map<Digest, number>
  readonly manifests: Map<Digest, StoredManifest>
  readonly tags: Map<string, Digest>
}

/** All repositories by name, kept in memory and, with a folder, also there. */
export interface Catalogue {
  get(repository: string): RepositoryRecord | undefined
  /** The record of a repository, made when it is missing. */
  require(repository: string): RepositoryRecord
  names(): readonly string[]
  /** Called after each change of a repository; resolves when the change is on disk. */
  saved(repository: string): Promise<void>
}

/** Opens the catalogue, in `directory/repositories` when a directory is given. */
export async function openCatalogue(directory?: string): Promise<Catalogue> {
  const records = new Map<string, RepositoryRecord>()
  const folder = directory === undefined ? undefined : join(directory, 'repositories')
  if (folder !== undefined) {
    await mkdir(folder, { recursive: true })
    for (const name of await readdir(folder)) {
      if (!name.endsWith('.json')) continue
      const stored = JSON.parse(await readFile(join(folder, name), 'utf8')) as StoredRepository
      records.set(stored.name, {
        blobs: new Map(stored.blobs),
        manifests: new Map(stored.manifests),
        tags: new Map(stored.tags),
      })
    }
  }
  const writes = new Map<string, Promise<void>>()
  const catalogue: Catalogue = {
    get: (repository) => records.get(repository),
    require(repository) {
      let record = records.get(repository)
      if (!record)
        records.set(repository, (record = { blobs: new Map(), manifests: new Map(), tags: new Map() }))
      return record
    },
    names: () => [...records.keys()].sort(),
    saved(repository) {
      if (folder === undefined) return Promise.resolve()
      // One write after the other, each of the state at its start: the file never goes back in time.
      const write = (writes.get(repository) ?? Promise.resolve()).then(() =>
        writeRecord(folder, repository, catalogue.require(repository)),
      )
      writes.set(
        repository,
        write.catch(() => undefined),
      )
      return write
    },
  }
  return catalogue
}

interface StoredRepository {
  readonly name: string
  readonly blobs: [Digest, number][]
  readonly manifests: [Digest, StoredManifest][]
  readonly tags: [string, Digest][]
}

async function writeRecord(folder: string, name: string, record: RepositoryRecord): Promise<void> {
  const stored: StoredRepository = {
    name,
    blobs: [...record.blobs],
    manifests: [...record.manifests],
    tags: [...record.tags],
  }
  const path = join(folder, `${encodeURIComponent(name)}.json`)
  await writeFile(`${path}.new`, JSON.stringify(stored))
  await rename(`${path}.new`, path)
}

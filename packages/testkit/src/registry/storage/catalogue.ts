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
  /** Where a tag pointed before it was moved last, for reads that are to be stale. Not kept on disk. */
  readonly formerTags: Map<string, Digest>
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

/** An empty repository. */
export function createRepositoryRecord(): RepositoryRecord {
  return { blobs: new Map(), manifests: new Map(), tags: new Map(), formerTags: new Map() }
}

/** Points a tag to a digest and remembers where it pointed. */
export function moveTag({ tags, formerTags }: RepositoryRecord, tag: string, digest: Digest): void {
  const current = tags.get(tag)
  if (current === digest) return
  if (current !== undefined) formerTags.set(tag, current)
  tags.set(tag, digest)
}

/**
 * Makes the catalogue of `records`.
 *
 * @param write Keeps a repository; calls for one repository follow one another.
 */
export function createCatalogue(
  records: Map<string, RepositoryRecord> = new Map(),
  write?: (repository: string, record: RepositoryRecord) => Promise<void>,
): Catalogue {
  const writes = new Map<string, Promise<void>>()
  const catalogue: Catalogue = {
    get: (repository) => records.get(repository),
    require(repository) {
      const record = records.get(repository) ?? createRepositoryRecord()
      records.set(repository, record)
      return record
    },
    names: () => [...records.keys()].sort(),
    saved(repository) {
      if (!write) return Promise.resolve()
      // One write after the other, each of the state at its start: the file never goes back in time.
      const next = (writes.get(repository) ?? Promise.resolve()).then(() =>
        write(repository, catalogue.require(repository)),
      )
      writes.set(
        repository,
        next.catch(() => undefined),
      )
      return next
    },
  }
  return catalogue
}

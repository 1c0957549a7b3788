import { formatReference, type Reference } from '@sallyport/core'
import { type ArchiveRepository, openArchive } from '../archive/open-archive.ts'
import { OciError } from '../errors.ts'
import { openLayout } from '../layout/open-layout.ts'
import type { Repository } from '../ports/repository.ts'
import { formatLocator, type ImageLocator } from './parse-locator.ts'

/** Options of {@link openSource} and {@link openTarget}. */
export interface OpenPlaceOptions {
  /** Opens a repository of a registry, e.g. `client.repository`. */
  readonly repository: (reference: Pick<Reference, 'registry' | 'repository'>) => Repository
  /** Where a compressed archive is unpacked. Default: the system's folder for temporary files. */
  readonly temporaryDirectory?: string | undefined
  /** Ends the opening; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/** Where an image is, opened for reading. Dispose of it when done. */
export interface OpenedSource extends AsyncDisposable {
  /** What reads it. */
  readonly repository: Repository
  /** Which of its images. */
  readonly tagOrDigest: string
  /** The place as people write it. */
  readonly name: string
  /** `registry/repository`, where it is in a registry. */
  readonly registryName?: string | undefined
}

/**
 * Opens the place of one image for reading: a repository of a registry, a layout or an archive. A layout without tag means
 * `latest`, an archive without one its only image.
 *
 * @throws {OciError} `REFERENCE_INVALID` when it names neither tag nor digest, or an archive holds several images.
 * @throws {OciError} `LAYOUT_INVALID`, `LAYOUT_UNREADABLE`, `ARCHIVE_INVALID`, `LIMIT_EXCEEDED` as {@link openLayout} and
 *   {@link openArchive}.
 */
export async function openSource(
  locator: ImageLocator,
  { repository, temporaryDirectory, signal }: OpenPlaceOptions,
): Promise<OpenedSource> {
  signal?.throwIfAborted()
  switch (locator.kind) {
    case 'registry': {
      const { reference } = locator
      const name = formatReference(reference)
      const tagOrDigest = reference.digest ?? reference.tag
      if (!tagOrDigest) throw invalid(name, 'name a tag or a digest')
      const opened = repository(reference)
      return { ...owned(opened), tagOrDigest, name, registryName: opened.name }
    }
    case 'oci': {
      const { directory, digest, tag = 'latest' } = locator
      const layout = await openLayout(directory, { signal })
      return { ...owned(layout), tagOrDigest: digest ?? tag, name: formatLocator(locator) }
    }
    case 'oci-archive':
    case 'docker-archive': {
      const isDocker = locator.kind === 'docker-archive'
      const archive = await openArchive(locator.file, {
        format: isDocker ? 'docker' : 'oci',
        repository: isDocker ? locator.reference : undefined,
        temporaryDirectory,
        signal,
      })
      const named = isDocker ? locator.reference?.tag : (locator.digest ?? locator.tag)
      const name = formatLocator(locator)
      try {
        return { ...owned(archive), tagOrDigest: named ?? (await onlyImage(archive, name)), name }
      } catch (error) {
        await archive[Symbol.asyncDispose]()
        throw error
      }
    }
  }
}

function owned(repository: Repository | ArchiveRepository) {
  return {
    repository,
    async [Symbol.asyncDispose]() {
      if (Symbol.asyncDispose in repository) await repository[Symbol.asyncDispose]()
    },
  }
}

async function onlyImage(archive: ArchiveRepository, name: string): Promise<string> {
  const digests = [...new Set((await archive.listEntries()).map(({ digest }) => digest))]
  if (digests.length !== 1) throw invalid(name, `it holds ${digests.length} images; name one`)
  return digests[0]!
}

function invalid(name: string, reason: string): OciError {
  return new OciError('REFERENCE_INVALID', `${name}: ${reason}`, { reference: name })
}

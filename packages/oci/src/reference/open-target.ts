import { formatReference } from '@sallyport/core'
import { createArchive } from '../archive/create-archive.ts'
import { OciError } from '../errors.ts'
import { openLayout } from '../layout/open-layout.ts'
import type { Repository } from '../ports/repository.ts'
import type { OpenPlaceOptions } from './open-source.ts'
import { formatLocator, type ImageLocator } from './parse-locator.ts'

/** Where an image is to go, opened for writing. Dispose of it when done. */
export interface OpenedTarget extends AsyncDisposable {
  /** What writes it. */
  readonly repository: Repository
  /** The tag that it is to get. */
  readonly tag: string
  /** The place as people write it. */
  readonly name: string
  /** Gives an archive its name; elsewhere there is nothing left to do. Without it nothing is at the path of an archive. */
  commit(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>
}

/**
 * Opens a place for writing: a repository of a registry, a layout, which is made where there is none, or an archive, which
 * is there only once it is committed. It names a tag (`latest` for layouts and archives that name none) and no digest,
 * which nobody knows yet.
 *
 * @throws {OciError} `REFERENCE_INVALID` when it names a digest, or no tag where one is needed.
 * @throws {OciError} `LAYOUT_INVALID`, `LAYOUT_UNREADABLE`, `LAYOUT_UNWRITABLE` when the file system refuses.
 */
export async function openTarget(
  locator: ImageLocator,
  { repository, signal }: OpenPlaceOptions,
): Promise<OpenedTarget> {
  signal?.throwIfAborted()
  switch (locator.kind) {
    case 'registry': {
      const { registry, repository: path, tag, digest } = locator.reference
      const name = formatReference(locator.reference)
      if (digest) throw invalid(name)
      if (!tag)
        throw new OciError('REFERENCE_INVALID', `${name}: name its tag, as registry/repository:tag`, {
          reference: name,
        })
      return { ...plain(repository({ registry, repository: path })), tag, name }
    }
    case 'oci': {
      const name = formatLocator(locator)
      if (locator.digest) throw invalid(name)
      const layout = await openLayout(locator.directory, { create: true, signal })
      return { ...plain(layout), tag: locator.tag ?? 'latest', name }
    }
    case 'oci-archive':
    case 'docker-archive': {
      const name = formatLocator(locator)
      const { docker, tag } =
        locator.kind === 'oci-archive'
          ? { docker: undefined, tag: locator.digest ? undefined : (locator.tag ?? 'latest') }
          : { docker: locator.reference, tag: locator.reference?.tag }
      // What `docker load` reads has to be called something.
      if (tag === undefined)
        throw locator.kind === 'oci-archive'
          ? invalid(name)
          : new OciError('REFERENCE_INVALID', `${name}: name the image, as docker-archive:file:name:tag`, {
              reference: name,
            })
      const archive = await createArchive(locator.file, { docker, signal })
      return {
        repository: archive,
        tag,
        name,
        commit: (options) => archive.commit(options),
        [Symbol.asyncDispose]: () => archive[Symbol.asyncDispose](),
      }
    }
  }
}

function plain(repository: Repository) {
  return { repository, commit: async () => {}, [Symbol.asyncDispose]: async () => {} }
}

function invalid(name: string): OciError {
  return new OciError('REFERENCE_INVALID', `${name}: the destination is a tag, without a digest`, {
    reference: name,
  })
}

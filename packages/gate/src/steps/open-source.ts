import { formatReference, isSallyportError } from '@sallyport/core'
import {
  type ArchiveRepository,
  type ImageLocator,
  openArchive,
  openLayout,
  parseLocator,
  type Repository,
} from '@sallyport/oci'
import { GateError, type GateErrorOptions } from '../errors.ts'
import type { GateContext } from '../promote/gate-context.ts'

/** An opened source. Dispose it when done. */
export interface OpenedSource extends AsyncDisposable {
  readonly repository: Repository
  readonly tagOrDigest: string
  /** The source as people write it. */
  readonly name: string
  /** `registry/repository`, where it is in a registry. */
  readonly registryName?: string | undefined
}

/**
 * Opens what a promotion reads from.
 *
 * @throws {GateError} `REFERENCE_INVALID` when it names neither tag nor digest, or is no reference.
 */
export async function openSource(
  from: string,
  { repository, workDirectory }: Pick<GateContext, 'repository' | 'workDirectory'>,
): Promise<OpenedSource> {
  const locator = readLocator(from, 'source')
  switch (locator.kind) {
    case 'registry': {
      const { reference } = locator
      const tagOrDigest = reference.digest ?? reference.tag
      if (!tagOrDigest) throw invalid(`${from}: name a tag or a digest`, 'source')
      const opened = repository(reference)
      return { ...owned(opened), tagOrDigest, name: formatReference(reference), registryName: opened.name }
    }
    case 'oci': {
      const { directory, digest, tag = 'latest' } = locator
      return { ...owned(await openLayout(directory)), tagOrDigest: digest ?? tag, name: from }
    }
    case 'oci-archive':
    case 'docker-archive': {
      const isDocker = locator.kind === 'docker-archive'
      const archive = await openArchive(locator.file, {
        format: isDocker ? 'docker' : 'oci',
        repository: isDocker ? locator.reference : undefined,
        temporaryDirectory: workDirectory,
      })
      const named = isDocker ? locator.reference?.tag : (locator.digest ?? locator.tag)
      try {
        return { ...owned(archive), tagOrDigest: named ?? (await onlyImage(archive, from)), name: from }
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

async function onlyImage(archive: ArchiveRepository, from: string): Promise<string> {
  const digests = [...new Set((await archive.listEntries()).map(({ digest }) => digest))]
  if (digests.length !== 1) throw invalid(`${from}: it holds ${digests.length} images; name one`, 'source')
  return digests[0]!
}

/** Reads where an image is, or is to go. */
export function readLocator(text: string, side: GateErrorOptions['side']): ImageLocator {
  try {
    return parseLocator(text)
  } catch (cause) {
    if (isSallyportError(cause) && cause.code === 'REFERENCE_INVALID')
      throw invalid(cause.message, side, cause)
    throw cause
  }
}

/** A `GateError` about a reference. */
export function invalid(message: string, side: GateErrorOptions['side'], cause?: unknown): GateError {
  return new GateError('REFERENCE_INVALID', message, { step: 'resolve', side, cause })
}

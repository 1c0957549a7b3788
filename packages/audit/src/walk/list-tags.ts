import { isSallyportError } from '@sallyport/core'
import type { ListTagsOptions, RegistryRepository } from '@sallyport/oci'
import { AuditError } from '../errors.ts'
import { toInvalidTag } from '../listings/to-listed.ts'
import type { ListedManifest, ListingOptions, UnlistedTag } from '../ports/registry-listing.ts'
import { mapAhead } from './map-ahead.ts'

/** A repository, as far as its tags are listed. */
type TaggedRepository = Pick<RegistryRepository, 'name' | 'listTags' | 'headManifest' | 'findManifest'>

/** Options of {@link listTags}. */
export interface ListTaggedOptions extends Pick<ListingOptions, 'signal' | 'known'> {
  /** Whether to read what is there, rather than to ask for its digest. Default `false`. */
  readonly reads?: boolean | undefined
  /** Whether a repository without tags is a failure. Default `false`. */
  readonly mustHaveTags?: boolean | undefined
  /** Most tags that are asked for at once. Default 8. */
  readonly concurrency?: number | undefined
}

/**
 * Lists what the tags of a repository point to, by the distribution API alone.
 *
 * @throws {AuditError} `LISTING_FAILED` when the list of tags is not found, unless the registry answers `NAME_UNKNOWN`, as
 *   some do where there is no tag.
 */
export async function* listTags(
  place: TaggedRepository,
  { known, reads = false, mustHaveTags = false, concurrency = 8, signal }: ListTaggedOptions,
): AsyncGenerator<ListedManifest | UnlistedTag, void, undefined> {
  const invalid: string[] = []
  let isEmpty = true
  let isHidden = false
  const options: ListTagsOptions = {
    onInvalidName: (tag) => void invalid.push(tag),
    onMissing: (codes) => void (isHidden = !codes.includes('NAME_UNKNOWN')),
    signal,
  }
  const unknown = async function* (): AsyncGenerator<string, void, undefined> {
    for await (const tag of place.listTags(options)) {
      isEmpty = false
      if (!known?.has(tag)) yield tag
    }
  }
  yield* mapAhead(unknown(), concurrency, (tag, stop) => lookUp(place, tag, reads, stop), signal)
  yield* invalid.map(toInvalidTag)
  if (isHidden || (isEmpty && invalid.length === 0 && mustHaveTags)) {
    throw new AuditError('LISTING_FAILED', `${place.name} has no tags, or is not there`, {
      subject: place.name,
    })
  }
}

async function lookUp(
  place: TaggedRepository,
  tag: string,
  reads: boolean,
  signal: AbortSignal,
): Promise<ListedManifest | UnlistedTag> {
  try {
    const claimed = reads ? undefined : await place.headManifest(tag, { signal })
    // Some registries answer HEAD with 404 whatever there is.
    const raw = claimed === undefined ? await place.findManifest(tag, { signal }) : undefined
    const descriptor = claimed ?? raw?.descriptor
    if (descriptor !== undefined)
      return { digest: descriptor.digest, tags: [tag], mediaType: descriptor.mediaType, ...(raw && { raw }) }
    return { tag, code: 'MANIFEST_NOT_FOUND', message: `${tag} is listed, but nothing is there` }
  } catch (cause) {
    if (signal.aborted || !isSallyportError(cause)) throw cause
    return { tag, code: cause.code, message: cause.message }
  }
}

import { isDigest } from '@sallyport/core'
import { isTag } from '@sallyport/oci'
import { AuditError } from '../errors.ts'
import type { ListedManifest, UnlistedTag } from '../ports/registry-listing.ts'
import { toTime } from './to-time.ts'

/** A manifest as a service told it. Its digest and tags are checked; whatever else can't be understood is left out. */
export interface ToldManifest {
  readonly digest: unknown
  readonly tags: readonly string[]
  readonly mediaType?: unknown
  readonly artifactType?: unknown
  /** A number, or one in decimal digits. */
  readonly size?: unknown
  readonly pushedAt?: unknown
  readonly pulledAt?: unknown
}

const maxShown = 200

/**
 * What a service told, as it is listed. A tag that can't be one, or has no digest, comes as an {@link UnlistedTag}.
 *
 * @throws {AuditError} `LISTING_INVALID` for a manifest without a digest that no tag names.
 */
export function* toListed(
  subject: string,
  told: ToldManifest,
): Generator<ListedManifest | UnlistedTag, void, undefined> {
  const { digest, tags } = told
  const good = tags.filter(isTag)
  for (const tag of tags) {
    if (!isTag(tag)) yield toInvalidTag(tag)
  }
  if (!isDigest(digest)) {
    if (tags.length === 0)
      throw new AuditError('LISTING_INVALID', `${subject}: the registry lists a manifest without a digest`, {
        subject,
      })
    const isMissing = digest === undefined || digest === null || digest === ''
    for (const tag of good) {
      yield isMissing
        ? unlisted(tag, 'DIGEST_MISSING', 'the registry does not say which manifest the tag points to')
        : unlisted(tag, 'DIGEST_INVALID', 'what the registry says that the tag points to is no digest')
    }
    return
  }
  yield {
    digest,
    tags: good,
    ...(told.mediaType === undefined ? {} : { mediaType: toMediaType(told.mediaType) }),
    ...(told.artifactType === undefined ? {} : { artifactType: toMediaType(told.artifactType) }),
    ...(told.size === undefined ? {} : { size: toSize(told.size) }),
    ...(told.pushedAt === undefined ? {} : { pushedAt: toTime(told.pushedAt) }),
    ...(told.pulledAt === undefined ? {} : { pulledAt: toTime(told.pulledAt) }),
  }
}

/** What a registry lists as a tag, and can be none. */
export function toInvalidTag(text: string): UnlistedTag {
  return unlisted(text.slice(0, maxShown), 'TAG_INVALID', 'the registry lists a tag that can be none')
}

function unlisted(tag: string, code: string, message: string): UnlistedTag {
  return { tag, code, message }
}

function toMediaType(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.+-]{1,127}\/[\w.+-]{1,127}$/.test(value) ? value : undefined
}

function toSize(value: unknown): number | undefined {
  const size = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value
  return typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? size : undefined
}

import type { Digest } from '@sallyport/core'
import { AttestError } from '../errors.ts'

/** What a predicate refers to; by digest wherever there is one. */
export interface Resource {
  /** Its name, for people. */
  readonly name?: string | undefined
  /** Names it everywhere. */
  readonly uri?: string | undefined
  /** Digest of its content. */
  readonly digest?: Digest | undefined
  /** The content itself, when it is short. */
  readonly content?: Uint8Array | undefined
  /** URI where it can be fetched. */
  readonly downloadLocation?: string | undefined
  /** Media type of its content. */
  readonly mediaType?: string | undefined
  /** Further notes. */
  readonly annotations?: Readonly<Record<string, unknown>> | undefined
}

/**
 * in-toto ResourceDescriptor.
 *
 * @throws {AttestError} `PREDICATE_INVALID` when nothing identifies it (spec/v1/resource_descriptor.md).
 */
export function toResourceDescriptor({ digest, content, ...rest }: Resource): Record<string, unknown> {
  if (digest === undefined && content === undefined && rest.uri === undefined) {
    throw new AttestError(
      'PREDICATE_INVALID',
      `${rest.name ?? 'a resource'} is named by neither uri, digest nor content`,
    )
  }
  return {
    ...rest,
    digest: digest && toDigestSet(digest),
    content: content && Buffer.from(content).toString('base64'),
  }
}

/** in-toto DigestSet. */
export function toDigestSet(digest: Digest): Record<string, string> {
  const colon = digest.indexOf(':')
  return { [digest.slice(0, colon)]: digest.slice(colon + 1) }
}

/**
 * RFC 3339 in UTC.
 *
 * @throws {AttestError} `PREDICATE_INVALID` when it is no time.
 */
export function toTimestamp(time: Date): string {
  if (Number.isNaN(time.getTime())) throw new AttestError('PREDICATE_INVALID', 'an invalid date')
  return time.toISOString()
}

import type { Digest } from '@sallyport/core'

/** Name of what belongs together. */
export const incidents = {
  /** A push to a tag, or by digest. */
  push: (place: string, tag: string | undefined, digest: Digest): string =>
    `push ${place}${tag === undefined ? '' : `:${tag}`}@${digest}`,
  /** Attached to a digest by somebody who does not count. */
  attachment: (place: string, subject: Digest): string => `attachment ${place}@${subject}`,
  /** Evidence about a digest that is gone. */
  evidence: (place: string, subject: Digest): string => `evidence ${place}@${subject}`,
  /** Something that is gone: a manifest with all its tags, or a tag. */
  deletion: (place: string, what: { readonly tag: string } | { readonly digest: Digest }): string =>
    'tag' in what ? `deletion ${place}:${what.tag}` : `deletion ${place}@${what.digest}`,
  repository: (place: string): string => `deletion ${place}`,
  permission: (place: string, actor: string | undefined): string => `permission ${place} ${actor ?? ''}`,
  /** A push of nobody knows what. */
  unknown: (place: string, tag: string | undefined): string => `unknown ${place}:${tag ?? ''}`,
  /** What could not be judged, for the time being. */
  unjudged: (place: string): string => `unjudged ${place}`,
  gap: (what: string): string => `gap ${what}`,
} as const

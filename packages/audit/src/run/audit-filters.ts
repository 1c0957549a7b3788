import { matchGlob } from '@sallyport/policy'
import { AuditError } from '../errors.ts'
import type { ListedManifest } from '../ports/registry-listing.ts'

/** What an audit looks at. `*` in a pattern stands for any run of characters. */
export interface AuditFilters {
  /** Patterns of repositories, one of which must match. Default: all. */
  readonly repositories?: readonly string[] | undefined
  /** Patterns of tags, one of which must match; then manifests without a tag are left out. Default: all. */
  readonly tags?: readonly string[] | undefined
  /** ISO 8601: only what was pushed then or later. What the registry tells no such time of is always looked at. */
  readonly pushedAfter?: string | undefined
  /** ISO 8601: only what was pushed before. */
  readonly pushedBefore?: string | undefined
  /** ISO 8601: only what was last pulled then or later. */
  readonly pulledAfter?: string | undefined
  /** ISO 8601: only what was last pulled before. */
  readonly pulledBefore?: string | undefined
}

/** Filters, ready to be asked. */
export interface CompiledFilters {
  /** Whether some of what is in a repository may be left out. */
  readonly narrows: boolean
  hasRepository(repository: string): boolean
  hasTag(tag: string): boolean
  hasManifest(manifest: ListedManifest): boolean
}

/**
 * Makes filters ready.
 *
 * @throws {AuditError} `OPTIONS_INVALID` for an empty list of patterns, or a time that is none.
 */
export function compileFilters({ repositories, tags, ...times }: AuditFilters): CompiledFilters {
  for (const [name, patterns] of Object.entries({ repositories, tags })) {
    if (patterns?.length === 0)
      throw new AuditError('OPTIONS_INVALID', `filters.${name}: no pattern; leave it out for all of them`)
  }
  const [pushedAfter, pushedBefore, pulledAfter, pulledBefore] = (
    ['pushedAfter', 'pushedBefore', 'pulledAfter', 'pulledBefore'] as const
  ).map((name) => toTime(name, times[name]))
  const hasTag = (tag: string): boolean =>
    tags === undefined || tags.some((pattern) => matchGlob(pattern, tag))
  return {
    narrows: tags !== undefined || Object.values(times).some((time) => time !== undefined),
    hasRepository: (repository) =>
      repositories === undefined || repositories.some((pattern) => matchGlob(pattern, repository)),
    hasTag,
    hasManifest: (manifest) =>
      (tags === undefined || manifest.tags.some(hasTag)) &&
      isWithin(manifest.pushedAt, pushedAfter, pushedBefore) &&
      isWithin(manifest.pulledAt, pulledAfter, pulledBefore),
  }
}

function toTime(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const time = Date.parse(text)
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(time))
    throw new AuditError('OPTIONS_INVALID', `filters.${name}: no ISO 8601 time`)
  return time
}

function isWithin(text: string | undefined, after: number | undefined, before: number | undefined): boolean {
  const time = text === undefined ? Number.NaN : Date.parse(text)
  if (Number.isNaN(time)) return true
  return (after === undefined || time >= after) && (before === undefined || time < before)
}

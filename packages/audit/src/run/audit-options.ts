import { canonicalJson, type Clock, systemClock } from '@sallyport/core'
import type { RegistryClient } from '@sallyport/oci'
import type { AuditTerms } from '../audit-terms.ts'
import { AuditError } from '../errors.ts'
import type { ImageClassifier } from '../ports/image-classifier.ts'
import type { RegistryListing } from '../ports/registry-listing.ts'
import type { AuditState } from '../state/audit-state.ts'
import { type AuditFilters, type CompiledFilters, compileFilters } from './audit-filters.ts'
import type { AuditProgress } from './audit-progress.ts'

/** Options of {@link createAudit}. */
export interface AuditOptions {
  /** What is in the registry. */
  readonly listing: RegistryListing
  /**
   * Reads the registry. Its requests are those that are counted: give an audit a client of its own, with a limiter that is
   * shared with the others.
   */
  readonly client: Pick<RegistryClient, 'repository' | 'requests'>
  /** Judges an image. */
  readonly classifier: ImageClassifier
  /** What images must come with; by repository, `undefined`: it is not judged, and counted as skipped. */
  readonly terms: AuditTerms | ((repository: string) => AuditTerms | undefined)
  /** Keeps the work in hand and what was found; the caller closes it. */
  readonly state: AuditState
  /** What is looked at. Default: everything. */
  readonly filters?: AuditFilters | undefined
  /**
   * For how long what was found of a digest may be used again, in milliseconds, as long as its terms, the scanners' data
   * and the tags of its evidence are the same. Evidence that only the referrers API lists, and what has no tag, is looked
   * at again no sooner. Where a scanner can't tell its data, nothing that it judged is used again. Default 24 hours; 0:
   * everything is looked at in each audit.
   */
  readonly evidenceMaxAgeMs?: number | undefined
  /** For how long an interrupted audit is gone on with; an older one is begun anew. In milliseconds. Default 24 hours. */
  readonly resumeMaxAgeMs?: number | undefined
  /** Most HTTP requests of one run, and those that are under way when it is reached. Default: no limit. */
  readonly maxRequests?: number | undefined
  /** Most manifests that are looked at at once, in up to 8 repositories. Default 16. */
  readonly concurrency?: number | undefined
  /** HTTP requests so far. Default: those of the client, and those that the listing says are its own. */
  readonly requests?: (() => number) | undefined
  /** Default: the system's. */
  readonly clock?: Clock | undefined
  /** Ends a run; it rejects with `signal.reason`, and the next run goes on. */
  readonly signal?: AbortSignal | undefined
  /** Told how far it is. Must not throw. */
  readonly onProgress?: ((progress: AuditProgress) => void) | undefined
}

/** Options with their defaults. */
export interface ResolvedOptions {
  readonly listing: RegistryListing
  readonly client: AuditOptions['client']
  readonly classifier: ImageClassifier
  readonly termsOf: (repository: string) => AuditTerms | undefined
  readonly state: AuditState
  readonly filters: CompiledFilters
  /** Names what is listed: an audit goes on only with the same. */
  readonly filtersText: string
  readonly evidenceMaxAgeMs: number
  readonly resumeMaxAgeMs: number
  readonly maxRequests: number
  readonly concurrency: number
  readonly requests: () => number
  readonly clock: Clock
  readonly signal: AbortSignal | undefined
  readonly onProgress: (progress: AuditProgress) => void
}

const dayMs = 24 * 60 * 60 * 1000

/**
 * Checks options and adds defaults.
 *
 * @throws {AuditError} `OPTIONS_INVALID`.
 */
export function resolveOptions(options: AuditOptions): ResolvedOptions {
  const { client, terms, filters = {}, evidenceMaxAgeMs = dayMs, resumeMaxAgeMs = dayMs } = options
  const { maxRequests = Number.POSITIVE_INFINITY, concurrency = 16 } = options
  const numbers = {
    evidenceMaxAgeMs,
    resumeMaxAgeMs,
    maxRequests: maxRequests - 1,
    concurrency: concurrency - 1,
  }
  for (const [name, value] of Object.entries(numbers)) {
    if (Number.isNaN(value) || value < 0)
      throw new AuditError('OPTIONS_INVALID', `${name}: out of range`, { subject: options.listing.registry })
  }
  if (!Number.isSafeInteger(concurrency))
    throw new AuditError('OPTIONS_INVALID', 'concurrency: a whole number above 0')
  return {
    listing: options.listing,
    client,
    classifier: options.classifier,
    termsOf: typeof terms === 'function' ? terms : () => terms,
    state: options.state,
    filters: compileFilters(filters),
    filtersText: canonicalJson([options.listing.scope, filters]),
    evidenceMaxAgeMs,
    resumeMaxAgeMs,
    maxRequests,
    concurrency,
    requests:
      options.requests ??
      (() => client.requests().reduce((sum, { count }) => sum + count, options.listing.requests?.() ?? 0)),
    clock: options.clock ?? systemClock,
    signal: options.signal,
    onProgress: options.onProgress ?? (() => undefined),
  }
}

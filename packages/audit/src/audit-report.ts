import type { Digest } from '@sallyport/core'
import type { AuditClass, ManifestRole } from './audit-class.ts'
import type { AuditFilters } from './run/audit-filters.ts'

/** An audit as a whole; its records are read one by one. */
export interface AuditSummary {
  /** Names the form of this document. */
  readonly schema: 'https://sallyport.dev/schemas/audit/v1'
  /** Unique among the audits of a state. */
  readonly id: string
  /** Host with its port, as in references. */
  readonly registry: string
  /** How it was listed. */
  readonly listing: string
  /** Equal for audits that looked at the same of the registry: same filters, same choice of the listing. */
  readonly scope?: Digest | undefined
  /** What was looked at, where that was not all that is listed; whatever else there is, nothing is known of it. */
  readonly filters?: AuditFilters | undefined
  /** ISO 8601. */
  readonly startedAt: string
  /** Absent while it is under way, or after an interruption. */
  readonly finishedAt?: string | undefined
  /** Which repositories it covers. */
  readonly repositories: AuditCoverage
  /** Tags that were seen. */
  readonly tags: number
  /** Manifests that were seen, each counted once in `roles`. */
  readonly manifests: number
  /** Manifests by what they are. */
  readonly roles: Readonly<Partial<Record<ManifestRole, number>>>
  /** Images, indexes, platforms, and what could not be read, by class. */
  readonly classes: Readonly<Partial<Record<AuditClass, number>>>
  /** Manifests whose evidence was read anew. */
  readonly examined: number
  /** Manifests whose evidence was known from before. */
  readonly reused: number
  /** HTTP requests that the audit took. */
  readonly requests: number
}

/** What of a registry an audit covers. */
export interface AuditCoverage {
  /** Repositories that were audited. */
  readonly audited: number
  /** Left out by a filter. */
  readonly skipped: number
  /** Could not be listed; each has a line in `failures`. */
  readonly failed: number
  /** What kept repositories from being listed. */
  readonly failures: readonly {
    readonly repository: string
    readonly code: string
    readonly message: string
  }[]
}

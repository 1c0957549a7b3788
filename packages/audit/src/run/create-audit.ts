import type { AuditSummary } from '../audit-report.ts'
import type { AuditArchive } from '../ports/audit-state.ts'
import type { AuditOptions } from './audit-options.ts'
import { resolveOptions } from './audit-options.ts'
import { type AuditEstimate, estimateAudit } from './estimate-audit.ts'
import { runAudit } from './run-audit.ts'

/** An audit of what is in a registry. */
export interface Audit {
  /**
   * How long a run would take, by the repositories there are and a few of them looked into; takes some requests itself.
   *
   * @throws {AuditError} `LISTING_FAILED`, `BUDGET_EXCEEDED`.
   */
  estimate(): Promise<AuditEstimate>
  /**
   * Audits, or goes on with an audit that was interrupted. Whatever ends it early (a failure, an abort, the process killed),
   * what was found is kept, and the next run goes on there; until then the archive has its summary without `finishedAt`.
   *
   * @throws {AuditError} `LISTING_FAILED` when the repositories can't be listed.
   * @throws {AuditError} `BUDGET_EXCEEDED` when `maxRequests` are used up: the next run goes on.
   * @throws {GateError} when the state can't be read or written.
   */
  run(): Promise<AuditSummary>
  /** This and earlier audits of the state. */
  readonly archive: AuditArchive
}

/**
 * Creates an audit. Nothing is asked before `estimate` or `run`.
 *
 * @throws {AuditError} `OPTIONS_INVALID`.
 */
export function createAudit(options: AuditOptions): Audit {
  const resolved = resolveOptions(options)
  return {
    estimate: () => estimateAudit(resolved),
    run: () => runAudit(resolved),
    archive: resolved.state.archive,
  }
}

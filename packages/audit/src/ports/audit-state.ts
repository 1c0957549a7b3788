import type { AuditRecord } from '../audit-record.ts'
import type { AuditSummary } from '../audit-report.ts'

/** Which records to read, in the order of repository and digest; absent fields match all. */
export interface RecordFilter {
  /** Path within the registry. */
  readonly repository?: string | undefined
  /** Class of the record. */
  readonly class?: AuditRecord['class'] | undefined
  /** Role of the record. */
  readonly role?: AuditRecord['role'] | undefined
}

/** Finished and unfinished audits as they are kept, for reports, trends, repairs. */
export interface AuditArchive {
  /** Audits, the latest first. */
  audits(): Promise<readonly AuditSummary[]>
  /** The summary of one audit; `undefined` when there is none with this id. */
  find(id: string): Promise<AuditSummary | undefined>
  /** Records of an audit one by one; however many there are, only some are in memory. */
  records(id: string, filter?: RecordFilter): AsyncIterable<AuditRecord>
}

/** What an audit tells while it runs. */
export type AuditProgress =
  /** An audit began, or goes on where an earlier run was interrupted. */
  | { readonly type: 'audit-started' | 'audit-resumed'; readonly audit: string }
  /** All repositories are known. */
  | { readonly type: 'repositories-listed'; readonly repositories: number; readonly skipped: number }
  /** All of a repository is audited. */
  | {
      readonly type: 'repository-audited'
      readonly repository: string
      /** Repositories that are audited by now. */
      readonly audited: number
      /** HTTP requests of this run so far. */
      readonly requests: number
    }
  /** A repository could not be listed; it stands in the summary. */
  | {
      readonly type: 'repository-failed'
      readonly repository: string
      readonly code: string
      readonly message: string
    }

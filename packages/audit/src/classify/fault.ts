import type { AuditProblem } from '../audit-record.ts'

/** Why a piece of evidence does not count for what it is. */
export interface Fault {
  readonly class: AuditProblem['class']
  readonly code: string
  readonly message: string
}

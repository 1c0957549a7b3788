export { AttestError, type AttestErrorCode } from './errors.ts'
export type { Signer } from './ports/signer.ts'
export {
  createStatement,
  predicateTypes,
  type Statement,
  type StatementSubject,
} from './statement/statement.ts'
export type { EvidenceReport, EvidenceStore, RejectedEvidence, VerifiedEvidence } from './verify/evidence.ts'

import { type Html, renderTable } from '@sallyport/policy/report'
import type { QuarantineEvidence } from '../ports/quarantine-store.ts'

/** The documents that the decision about a quarantined image rests on. */
export const evidenceTable = (evidence: readonly QuarantineEvidence[]): Html =>
  renderTable({
    caption: 'Documents that the decision rests on',
    columns: ['Kind', 'Subject', 'Digest'],
    rows: evidence.map(({ predicateType, subject, digest }) => ({ cells: [predicateType, subject, digest] })),
  })

import type { RejectedEvidence, RejectionReason } from '@sallyport/attest'
import type { AuditProblem } from '../audit-record.ts'
import { isAttestationStore, isSignatureStore } from './evidence-kind.ts'
import type { Fault } from './fault.ts'

/** A kind of evidence that terms can ask for. */
export type NeededKind = 'signature' | 'decision' | 'sbom' | 'provenance'

const names: Readonly<Record<NeededKind, string>> = {
  signature: 'signature',
  decision: 'decision',
  sbom: 'SBOM',
  provenance: 'provenance',
}

const absent: Readonly<Record<NeededKind, AuditProblem['class']>> = {
  signature: 'unsigned',
  decision: 'no-decision',
  sbom: 'no-sbom',
  provenance: 'no-provenance',
}

/** How near something that does not count is to what is needed, the nearest first. */
const nearness: readonly AuditProblem['class'][] = [
  'decision-stale',
  'decision-elsewhere',
  'sbom-disagrees',
  'no-decision',
  'no-provenance',
  'wrong-identity',
  'unverifiable',
]

/** Rejections of what may be signed well, by somebody who is not known here. */
const byStrangers: ReadonlySet<RejectionReason> = new Set(['key-unknown', 'identity-mismatch'])

/**
 * Says why nothing of a needed kind counts: by the nearest of what is of that kind; else by what was rejected and may be of
 * it; else that there is none. A rejected bundle names no kind that could be believed, so it may be of any.
 */
export function explainMissing(
  kind: NeededKind,
  faults: readonly Fault[],
  rejected: readonly RejectedEvidence[],
): AuditProblem {
  const [nearest] = faults.toSorted(
    (one, other) => nearness.indexOf(one.class) - nearness.indexOf(other.class),
  )
  const name = names[kind]
  if (nearest !== undefined)
    return { class: nearest.class, code: nearest.code, message: `no ${name} counts: ${nearest.message}` }
  const candidates = rejected.filter(({ store }) =>
    kind === 'signature' ? !isAttestationStore(store) : !isSignatureStore(store),
  )
  const broken = candidates.find(({ reason }) => !byStrangers.has(reason))
  const [candidate] = broken === undefined ? candidates : [broken]
  if (candidate === undefined) return { class: absent[kind], message: `there is no ${name}` }
  return {
    class: broken === undefined ? 'wrong-identity' : 'unverifiable',
    code: candidate.reason,
    message: `no ${name} verifies: ${candidate.message}`,
  }
}

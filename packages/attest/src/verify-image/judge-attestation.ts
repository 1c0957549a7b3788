import type { EvidenceRequirement } from './compiled-requirement.ts'
import { checkConditions } from './check-conditions.ts'
import type { PredicateConditions } from './requirement.ts'

/** Judges an attestation by its predicate. */
export function judgeAttestation(conditions: PredicateConditions): EvidenceRequirement['judge'] {
  return ({ statement }, accepted) => checkConditions(conditions, statement) ?? accepted
}

import { checkVsa } from '../predicates/check-vsa.ts'
import { predicateKinds } from '../predicates/predicate-kinds.ts'
import type { SignerEntry } from './accepted-signers.ts'
import { checkConditions } from './check-conditions.ts'
import type { EvidenceRequirement } from './compiled-requirement.ts'
import { readPredicate } from './read-predicate.ts'
import type { VsaRequirement } from './requirement.ts'

/**
 * Judges a verification summary (SLSA, "How to verify a VSA"): signature, subject and predicate type hold already; here
 * the verifier is bound to its own signers, then resource, result and levels are compared.
 */
export function judgeVsa(
  requirement: VsaRequirement,
  verifiers: ReadonlyMap<string, readonly SignerEntry[]>,
): EvidenceRequirement['judge'] {
  const { resourceUri, minimumLevels = [], minimumDependencyLevels, policy, maxAgeMs } = requirement
  return ({ statement, signer }, accepted, { now }) => {
    const summary = readPredicate(statement, predicateKinds.vsa)
    if ('code' in summary) return summary
    const { predicate } = summary
    const speaking = accepted.filter((entry) => verifiers.get(predicate.verifier.id)?.includes(entry))
    const { problems } = checkVsa(predicate, {
      trustedVerifiers: [{ verifierId: predicate.verifier.id, signedBy: () => speaking.length > 0 }],
      signer,
      resourceUri,
      minimumLevels,
      minimumDependencyLevels,
      policy,
      maxAgeMs,
      now,
    })
    return problems[0] ?? checkConditions(requirement, { ...statement, predicate }) ?? speaking
  }
}

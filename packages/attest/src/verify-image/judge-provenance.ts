import { isProvenanceV1 } from '../predicates/build-source.ts'
import { checkBuilder } from '../predicates/check-builder.ts'
import { predicateKinds } from '../predicates/predicate-kinds.ts'
import { predicateTypes } from '../statement/statement.ts'
import type { SignerEntry } from './accepted-signers.ts'
import { checkConditions } from './check-conditions.ts'
import type { EvidenceRequirement } from './compiled-requirement.ts'
import { readPredicate } from './read-predicate.ts'
import type { ProvenanceRequirement } from './requirement.ts'

/** Judges a provenance: the builder is bound to its own signers, then its level, source and parameters are compared. */
export function judgeProvenance(
  requirement: ProvenanceRequirement,
  signersOf: ReadonlyMap<string, readonly SignerEntry[]>,
): EvidenceRequirement['judge'] {
  const { builders, minimumLevel = 1, source, buildTypes, externalParameters } = requirement
  return ({ statement, signer }, accepted) => {
    const isV1 = statement.predicateType === predicateTypes.provenance
    const read = isV1
      ? readPredicate(statement, predicateKinds.provenance)
      : readPredicate(statement, predicateKinds.provenanceV02)
    if ('code' in read) return read
    const { predicate } = read
    const speakingFor = (id: string): readonly SignerEntry[] =>
      accepted.filter((entry) => signersOf.get(id)?.includes(entry))
    const { level, problems } = checkBuilder(predicate, {
      builders: Object.fromEntries(
        builders.map(({ id, level: maxLevel = 1 }) => [
          id,
          { maxLevel, signedBy: () => speakingFor(id).length > 0 },
        ]),
      ),
      signer,
      source,
      buildTypes,
      externalParameters,
    })
    const [problem] = problems
    if (problem !== undefined) return problem
    if (level < minimumLevel) {
      return {
        code: 'level-too-low',
        message: `the builder is trusted with SLSA build level ${level}, needed is ${minimumLevel}`,
      }
    }
    const builderId = isProvenanceV1(predicate) ? predicate.runDetails.builder.id : predicate.builder.id
    return checkConditions(requirement, { ...statement, predicate }) ?? speakingFor(builderId)
  }
}

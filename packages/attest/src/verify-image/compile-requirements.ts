import { AttestError } from '../errors.ts'
import { predicateKinds } from '../predicates/predicate-kinds.ts'
import { predicateTypes } from '../statement/statement.ts'
import { parseAcceptedSigners, type SignerEntry } from './accepted-signers.ts'
import type { CompiledRequirement, EvidenceRequirement, GroupRequirement } from './compiled-requirement.ts'
import { judgeAttestation } from './judge-attestation.ts'
import { judgeProvenance } from './judge-provenance.ts'
import { judgeSbom } from './judge-sbom.ts'
import { judgeSignature } from './judge-signature.ts'
import { judgeVsa } from './judge-vsa.ts'
import { isJsonPointer } from './json-pointer.ts'
import { requirementSchema } from './requirement.schema.ts'
import type { AcceptedSigners, PredicateConditions, Requirement } from './requirement.ts'

const maxDepth = 8

/**
 * Checks requirements and makes them ready.
 *
 * @throws {AttestError} `REQUIREMENT_INVALID` when one can't be satisfied or asks for nothing: no requirement at all, no
 *   signers, a threshold above their number, a type that has a kind of its own, a path that is no pointer, a field that
 *   is not known here.
 * @throws {AttestError} `KEY_INVALID`, `KEY_UNSUPPORTED`.
 */
export function compileRequirements(requirements: readonly Requirement[]): readonly CompiledRequirement[] {
  if (requirements.length === 0) {
    throw invalid(
      'requirements',
      'at least one is needed: an image of which nothing is asked was not verified',
    )
  }
  return requirements.map((requirement) => compile(requirement, 0))
}

function compile(requirement: Requirement, depth: number): CompiledRequirement {
  if (depth > maxDepth) throw invalid('requirements', `nested deeper than ${maxDepth} levels`)
  requireKnownForm(requirement)
  switch (requirement.kind) {
    case 'allOf':
      return group(requirement, requirement.requirements.length, depth)
    case 'anyOf':
      return group(requirement, 1, depth)
    case 'atLeast':
      return group(requirement, requirement.count, depth)
    case 'signature': {
      const base = signed(requirement, 'image signature')
      return {
        ...base,
        ...exactly(predicateTypes.cosignSign),
        countsForPlatforms: true,
        judge: judgeSignature(requirement),
      }
    }
    case 'attestation': {
      const { predicateType } = requirement
      const base = signed(requirement, `attestation ${predicateType}`)
      if (predicateType === predicateTypes.cosignSign || predicateType === predicateTypes.vsa) {
        const kind = predicateType === predicateTypes.vsa ? 'vsa' : 'signature'
        throw invalid(base.name, `ask for ${predicateType} by the kind "${kind}", which checks what it says`)
      }
      return {
        ...base,
        ...exactly(predicateType),
        countsForPlatforms: true,
        judge: judgeAttestation(conditions(requirement, base.name)),
      }
    }
    case 'sbom': {
      const base = signed(requirement, 'SBOM')
      const formats = requirement.formats ?? ['cyclonedx', 'spdx']
      return {
        ...base,
        predicateTypes: formats.map((format) => predicateKinds[format].type),
        reads: (type) => formats.some((format) => predicateKinds[format].reads(type)),
        countsForPlatforms: false, // what an index holds is no list of what one image holds
        judge: judgeSbom(conditions(requirement, base.name)),
      }
    }
    case 'vsa': {
      const name = requirement.name ?? `verification summary for ${requirement.resourceUri}`
      const verifiers = bound(requirement.verifiers, name, 'verifier')
      return {
        ...bySeveral(requirement, name, [...verifiers.values()].flat()),
        ...exactly(predicateTypes.vsa),
        countsForPlatforms: true,
        judge: judgeVsa(conditions(requirement, name), verifiers),
      }
    }
    case 'provenance': {
      const name = requirement.name ?? 'build provenance'
      const builders = bound(requirement.builders, name, 'builder')
      const highest = Math.max(...requirement.builders.map(({ level = 1 }) => level))
      if (highest < (requirement.minimumLevel ?? 1)) {
        throw invalid(name, `no builder is trusted with level ${requirement.minimumLevel ?? 1}`)
      }
      return {
        ...bySeveral(requirement, name, [...builders.values()].flat()),
        predicateTypes: [predicateTypes.provenance, predicateTypes.provenanceV02],
        reads: (type) => type === predicateTypes.provenance || type === predicateTypes.provenanceV02,
        countsForPlatforms: true,
        judge: judgeProvenance(conditions(requirement, name), builders),
      }
    }
  }
}

/** Requirements may come from a file: what is not recognised must not pass for nothing. */
function requireKnownForm(requirement: Requirement): void {
  const parsed = requirementSchema.safeParse(requirement)
  if (parsed.success) return
  const [issue] = parsed.error.issues
  const { name, kind } = requirement as { readonly name?: unknown; readonly kind?: unknown }
  throw invalid(String(name ?? kind), `${issue?.path.join('.') || 'the whole'}: ${issue?.message}`)
}

function group(
  { kind, name = kind, requirements }: Extract<Requirement, { requirements: unknown }>,
  needed: number,
  depth: number,
): GroupRequirement {
  if (needed > requirements.length)
    throw invalid(name, `${needed} of ${requirements.length} requirements can't be satisfied`)
  return { type: 'group', kind, name, needed, parts: requirements.map((part) => compile(part, depth + 1)) }
}

type Base = Omit<EvidenceRequirement, 'predicateTypes' | 'reads' | 'countsForPlatforms' | 'judge'>

function exactly(predicateType: string): Pick<EvidenceRequirement, 'predicateTypes' | 'reads'> {
  return { predicateTypes: [predicateType], reads: (type) => type === predicateType }
}

function signed(requirement: Extract<Requirement, { by: AcceptedSigners }>, defaultName: string): Base {
  const { kind, name = defaultName, by, threshold = 1, maxAgeMs } = requirement
  const signers = parseAcceptedSigners(by, name)
  if (threshold > signers.length)
    throw invalid(name, `the threshold is ${threshold}, and there are ${signers.length} signers`)
  return { type: 'evidence', kind, name, signers, threshold, maxAgeMs }
}

function bySeveral(
  { kind, maxAgeMs }: Extract<Requirement, { kind: 'vsa' | 'provenance' }>,
  name: string,
  signers: readonly SignerEntry[],
): Base {
  return { type: 'evidence', kind, name, signers, threshold: 1, maxAgeMs }
}

function bound(
  parties: readonly { readonly id: string; readonly by: AcceptedSigners }[],
  name: string,
  role: string,
): ReadonlyMap<string, readonly SignerEntry[]> {
  const signersOf = new Map<string, readonly SignerEntry[]>()
  for (const { id, by } of parties) {
    if (signersOf.has(id)) throw invalid(name, `the ${role} id ${JSON.stringify(id)} is listed twice`)
    signersOf.set(id, parseAcceptedSigners(by, `${name}: ${id}`))
  }
  return signersOf
}

function conditions<T extends PredicateConditions>(requirement: T, name: string): T {
  for (const condition of requirement.conditions ?? []) {
    if (!isJsonPointer(condition.path)) {
      throw invalid(name, `${JSON.stringify(condition.path)} is no JSON pointer; it starts with "/"`)
    }
    const operators = ['equals', 'in', 'exists'].filter((operator) => Object.hasOwn(condition, operator))
    if (operators.length !== 1) {
      throw invalid(name, `the condition on ${condition.path} needs exactly one of equals, in and exists`)
    }
  }
  return requirement
}

function invalid(name: string, message: string): AttestError {
  return new AttestError('REQUIREMENT_INVALID', `${name}: ${message}`)
}

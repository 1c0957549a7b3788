import { checkSbomSubject } from '../predicates/check-sbom-subject.ts'
import { predicateKinds } from '../predicates/predicate-kinds.ts'
import { checkConditions } from './check-conditions.ts'
import type { EvidenceRequirement, JudgeContext } from './compiled-requirement.ts'
import { readPredicate } from './read-predicate.ts'
import type { SbomRequirement } from './requirement.ts'

/** Judges an SBOM: that it describes the image, and then, if wanted, that it lists what the image holds. */
export function judgeSbom(requirement: SbomRequirement): EvidenceRequirement['judge'] {
  const { inventory } = requirement
  return async ({ statement }, accepted, context) => {
    const read = predicateKinds.cyclonedx.reads(statement.predicateType)
      ? readPredicate(statement, predicateKinds.cyclonedx)
      : readPredicate(statement, predicateKinds.spdx)
    if ('code' in read) return read
    const { predicate } = read
    const [problem] = checkSbomSubject(predicate, context.subject).problems
    const failed = problem ?? checkConditions(requirement, { ...statement, predicate })
    if (failed !== undefined) return failed
    if (inventory === undefined) return accepted
    let inventoryPackages: readonly string[]
    try {
      inventoryPackages = await takeInventory(inventory, context)
    } catch (error) {
      context.signal?.throwIfAborted()
      return {
        code: 'condition-threw',
        message: `the inventory of the image could not be taken: ${error instanceof Error ? error.message : String(error)}`,
      }
    }
    const [difference] = checkSbomSubject(predicate, context.subject, { inventoryPackages }).problems
    return difference ?? accepted
  }
}

function takeInventory(
  inventory: NonNullable<SbomRequirement['inventory']>,
  { subject, inventories, signal }: JudgeContext,
): Promise<readonly string[]> {
  if (typeof inventory !== 'function') return Promise.resolve(inventory)
  const known = inventories.get(inventory) ?? inventory(subject, { signal })
  inventories.set(inventory, known)
  return known
}

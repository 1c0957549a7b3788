import { canonicalJson, type Digest, digestOf } from '@sallyport/core'
import { AuditError } from '../errors.ts'
import { type RepairAction, type RepairPlan, weakerKinds } from './repair-plan.ts'

type Head = Pick<RepairPlan, 'schema' | 'audit' | 'createdAt'>

/** Makes a plan of its parts, with its seals and its digest. */
export function sealPlan(
  head: Head & Pick<RepairPlan, 'omitted'>,
  actions: readonly Omit<RepairAction, 'seal'>[],
): RepairPlan {
  const sealed = { ...head, actions: actions.map((action) => ({ ...action, seal: sealOf(head, action) })) }
  return { ...sealed, digest: digestOfPlan(sealed) }
}

/** Digest over all of a plan but its digest. */
export function digestOfPlan(plan: Omit<RepairPlan, 'digest'>): Digest {
  return digestOf(canonicalJson({ ...plan, digest: undefined }))
}

function sealOf({ schema, audit, createdAt }: Head, action: Omit<RepairAction, 'seal'>): Digest {
  return digestOf(
    canonicalJson({ schema, audit, createdAt, action: { ...action, kind: undefined, seal: undefined } }),
  )
}

/** Something that a plan must not hold, and where. */
export interface PlanFault {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** What was done to a plan that a review may not do; `undefined` for nothing. */
export function findPlanFault(plan: Omit<RepairPlan, 'digest'>): PlanFault | undefined {
  const seen = new Set<string>()
  for (const [index, action] of plan.actions.entries()) {
    const { kind, planned, registry, repository, digest, tags } = action
    const name = `${registry}/${repository}${digest ? `@${digest}` : `:${tags.join()}`}`
    if (seen.has(name)) return { path: ['actions', index], message: `a second action about ${name}` }
    seen.add(name)
    if (kind !== planned && !weakerKinds[planned].includes(kind)) {
      const allowed = [planned, ...weakerKinds[planned]].join(', ')
      return {
        path: ['actions', index, 'kind'],
        message: `"${kind}", where ${allowed} may be: plan it again`,
      }
    }
    if (action.seal !== sealOf(plan, action)) {
      return {
        path: ['actions', index],
        message:
          'something else than its kind, or the head of the plan, was changed: remove the action, or plan again',
      }
    }
  }
  return undefined
}

/**
 * Refuses a plan that was changed in ways that a review may not.
 *
 * @throws {AuditError} `PLAN_INVALID`.
 */
export function checkPlan(plan: RepairPlan): void {
  const fault = findPlanFault(plan)
  if (fault) throw new AuditError('PLAN_INVALID', `repair plan: ${fault.path.join('.')}: ${fault.message}`)
}

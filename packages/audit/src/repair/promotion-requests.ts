import type { PromotionRequest } from '@sallyport/gate'
import type { RepairAction, RepairPlan } from './repair-plan.ts'

/** The promotions of a plan (`promote` and `attest`), in its order, one for each tag: ready for `gate.promoteAll`. */
export function promotionRequests({ actions }: Pick<RepairPlan, 'actions'>): readonly PromotionRequest[] {
  return actions.flatMap((action) => action.tags.flatMap((tag) => promotionRequest(action, tag) ?? []))
}

/** The promotion of one tag of an action; `undefined` when it is none for the gate. */
export function promotionRequest(action: RepairAction, tag: string): PromotionRequest | undefined {
  const { kind, registry, repository, digest, tier, from } = action
  if ((kind !== 'promote' && kind !== 'attest') || tier === undefined || digest === undefined)
    return undefined
  const name = `${registry}/${repository}`
  const itself = `${name}@${digest}`
  return { from: kind === 'promote' ? (from ?? itself) : itself, to: `${name}:${tag}`, tier }
}

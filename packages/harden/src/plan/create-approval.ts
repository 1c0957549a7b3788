import type { Package } from '@sallyport/inventory'
import type { ApprovedPlan } from '../harden-options.ts'

/** Tells which packages a person agreed to remove; every one where there is no plan. */
export function createApproval(plan: ApprovedPlan | undefined): (found: Package) => boolean {
  if (!plan) return () => true
  const keyOf = (purl: string, path: string) => `${purl} ${path}`
  const approved = new Set(plan.remove.map(({ purl, evidence }) => keyOf(purl, evidence)))
  return ({ purl, evidence }) => approved.has(keyOf(purl, evidence.path))
}

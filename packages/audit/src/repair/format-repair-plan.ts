import { loadYaml } from '../internal/load-yaml.ts'
import type { RepairPlan } from './repair-plan.ts'

/** How a plan is written. */
export interface FormatRepairPlanOptions {
  /** Default `yaml`, which is easier to review; JSON for plans of more than some 10,000 actions. */
  readonly format?: 'yaml' | 'json' | undefined
}

const advice = ` A repair plan. Remove the actions that are not to be done, or change their kind to something weaker:
   promote -> attest, ask    attest, sign, retire -> ask    delete -> retire, ask
 Anything else that is changed makes the plan invalid.`

/** Writes a plan for people to review, as `parseRepairPlan` reads it; always the same text for the same plan. */
export function formatRepairPlan(
  plan: RepairPlan,
  { format = 'yaml' }: FormatRepairPlanOptions = {},
): string {
  if (format === 'json') return `${JSON.stringify(plan, undefined, 2)}\n`
  const { schema, digest, audit, createdAt, omitted, actions } = plan
  const comment = `${advice.replaceAll(/^/gm, '#')}\n`
  return (
    comment +
    loadYaml().stringify(
      { schema, digest, audit, createdAt, omitted, actions },
      { lineWidth: 0, keepUndefined: false, aliasDuplicateObjects: false },
    )
  )
}

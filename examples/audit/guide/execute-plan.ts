import { readFile } from 'node:fs/promises'
import { parseRepairPlan, repair, type RepairReport, sqliteRepairState } from '@sallyport/audit'
import type { Gate } from '@sallyport/gate'

/** Rehearses a reviewed plan or, when whoever approved it names its digest, executes it. */
export async function executePlan(gate: Gate, approved?: string): Promise<RepairReport> {
  const { plan, isEdited } = parseRepairPlan(await readFile('repairs.yaml', 'utf8'), {
    source: 'repairs.yaml',
  })
  await using state = sqliteRepairState('audit.db')
  const dryRun = approved !== plan.digest
  const report = await repair(plan, { gate, state, dryRun, confirm: plan.digest })
  for (const { action, steps } of report.outcomes)
    for (const step of steps)
      console.log(`${step.result} ${action.kind} ${action.repository}:${step.tag ?? '*'} ${step.message}`)
  if (dryRun) console.log(`${isEdited ? 'edited' : 'as planned'}; to execute it, approve ${plan.digest}`)
  return report
}

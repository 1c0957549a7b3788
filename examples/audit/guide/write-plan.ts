import { readFile, writeFile } from 'node:fs/promises'
import {
  type AuditArchive,
  formatRepairPlan,
  joinDeployments,
  parseDeployments,
  planRepairs,
  type RepairPlan,
} from '@sallyport/audit'
import type { Journal } from '@sallyport/gate'

/** Writes a plan of repairs for people to review. */
export async function writePlan(archive: AuditArchive, audit: string, journal: Journal): Promise<RepairPlan> {
  const pods = parseDeployments(await readFile('pods.json', 'utf8'), { source: 'pods.json' })
  const { records } = await joinDeployments(() => archive.records(audit), pods)
  const plan = await planRepairs(records(), {
    audit,
    tier: (repository) => (repository.includes('/team/') ? 'prod' : undefined),
    journal,
  })
  await writeFile('repairs.yaml', formatRepairPlan(plan))
  return plan
}

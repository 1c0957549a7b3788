import type { AuditOptions, AuditSummary } from '@sallyport/audit'
import { openAudit } from './open-audit.ts'
import { readPresent } from './read-present.ts'
import { readTerms } from './read-terms.ts'

/** Audits, and judges what is there as the gate would today. */
export async function judgeToday(
  registry: string,
  options: Partial<AuditOptions> = {},
): Promise<AuditSummary> {
  await using resources = new AsyncDisposableStack()
  const terms = await readTerms(await readPresent())
  const audit = await openAudit(registry, resources, { ...options, terms })
  return await audit.run()
}

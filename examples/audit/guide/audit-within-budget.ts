import { AuditError, type AuditSummary } from '@sallyport/audit'
import { openAudit } from './open-audit.ts'

/** Audits as much as a number of requests allows; `undefined`: the next call goes on. */
export async function auditWithinBudget(
  registry: string,
  maxRequests: number,
): Promise<AuditSummary | undefined> {
  await using resources = new AsyncDisposableStack()
  const audit = await openAudit(registry, resources, { maxRequests, filters: { repositories: ['team/*'] } })
  try {
    const { tags, requests, durationMs } = await audit.estimate()
    console.log(`${tags} tags, about ${requests} requests, ${Math.ceil(durationMs / 60_000)} minutes`)
    return await audit.run()
  } catch (error) {
    if (error instanceof AuditError && error.code === 'BUDGET_EXCEEDED') return undefined
    throw error
  }
}

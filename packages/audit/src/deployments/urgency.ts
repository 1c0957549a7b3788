import { auditClasses } from '../audit-class.ts'
import type { AuditRecord } from '../audit-record.ts'

/** What {@link urgencyOf} looks at. */
export type UrgentRecord = Pick<AuditRecord, 'class' | 'deployments' | 'judgement'>

/** Weight of what comes first; each is more than all that follow together. */
const running = 100_000
const worse = 1000
const critical = 100

/**
 * How soon an image needs somebody, as a number to order by: 0 for one that is compliant or not judged; above that, by
 * whether it runs (known by a digest, by a tag, not), then by its class, by whether it has critical findings today, and by
 * how many workloads run it (99 at most).
 */
export function urgencyOf({ class: verdict, deployments = [], judgement }: UrgentRecord): number {
  if (verdict === undefined || verdict === 'compliant') return 0
  const isCertain = deployments.some(({ matchedBy }) => matchedBy !== 'tag')
  const runs = isCertain ? 2 : deployments.length > 0 ? 1 : 0
  const rank = auditClasses.length - 1 - auditClasses.indexOf(verdict)
  const isCritical = (judgement?.findings['critical'] ?? 0) > 0
  return runs * running + rank * worse + (isCritical ? critical : 0) + Math.min(deployments.length, 99)
}

/** The records, those first that need somebody soonest: flagged and running. Equals are ordered by repository and digest. */
export function sortByUrgency<T extends AuditRecord>(records: Iterable<T>): T[] {
  return Array.from(records, (record) => ({ record, urgency: urgencyOf(record) }))
    .sort((one, other) => other.urgency - one.urgency || compareNames(one.record, other.record))
    .map(({ record }) => record)
}

/** Orders images by their repository, their digest, and their tags. */
export function compareNames(
  one: Pick<AuditRecord, 'registry' | 'repository' | 'digest' | 'tags'>,
  other: Pick<AuditRecord, 'registry' | 'repository' | 'digest' | 'tags'>,
): number {
  return (
    compare(one.registry, other.registry) ||
    compare(one.repository, other.repository) ||
    compare(one.digest ?? '', other.digest ?? '') ||
    compare(one.tags.join(), other.tags.join())
  )
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

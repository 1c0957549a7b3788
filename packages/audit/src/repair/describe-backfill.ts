import { createStatement, decisionResource, type Statement } from '@sallyport/attest'
import type { ImageAction, RepairPlan } from './repair-plan.ts'

/** Predicate type of the statement that an image was signed as it was found, without a judgement. */
export const backfillType = 'https://sallyport.dev/predicates/backfill/v1'

/**
 * Says of an image that it was signed after the fact: `origin` is `backfill`, `judged` is `false`, and `found` is how the
 * audit found it. It is no decision: nothing that looks for one takes it for one. The same for the same plan, so that it is
 * attached once.
 */
export function describeBackfill(
  { registry, repository, digest, tags, class: verdict, problems }: ImageAction,
  { audit, createdAt }: Pick<RepairPlan, 'audit' | 'createdAt'>,
): Statement {
  const name = `${registry}/${repository}`
  return createStatement([{ name, digest }], backfillType, {
    origin: 'backfill',
    judged: false,
    note: 'Signed as it was found in the registry. No gate judged it when it was pushed.',
    resourceUri: decisionResource(name),
    audit: { id: audit, plannedAt: createdAt },
    found: {
      class: verdict,
      problems: problems.map((problem) => ({ class: problem.class, message: problem.message })),
      tags,
    },
  })
}

import { canonicalJson, digestOf } from '@sallyport/core'
import type { AuditProblem } from '../audit-record.ts'
import { describeFailure, keepExamination, listReferrers, reuse } from './keep-examination.ts'
import { eachPage, type RepositoryVisit } from './repository-visit.ts'

/**
 * Ends with what is no image. Evidence is done; the evidence about an artifact is looked for, so that it is counted, but
 * nothing is judged.
 */
export function examineOthers(visit: RepositoryVisit): Promise<boolean> {
  const { work } = visit
  const basis = digestOf(canonicalJson(['artifact', 1]))
  return eachPage(
    visit,
    (limit) => work.nodes('shaped', ['other'], limit),
    async (node) => {
      const [edge] = await work.rows(
        `SELECT 1 FROM audit_edge WHERE audit = $1 AND repository = $2 AND child = $3
           AND kind IN ('tag', 'subject', 'attests', 'listed') LIMIT 1`,
        [node.digest],
      )
      if (edge !== undefined) return [work.setState(node.digest, 'done')]
      const known = reuse(visit, node, basis)
      if (known !== undefined) return known
      visit.budget.check()
      const { digests, problems } = await lookForEvidence(visit, node.digest)
      const examination = { problems, evidence: [] }
      return keepExamination(visit, node.digest, { basis, examination, referrers: digests })
    },
  )
}

async function lookForEvidence(
  visit: RepositoryVisit,
  digest: Parameters<typeof listReferrers>[1],
): Promise<{
  readonly digests: Awaited<ReturnType<typeof listReferrers>>['digests']
  readonly problems: readonly AuditProblem[]
}> {
  try {
    return await listReferrers(visit, digest)
  } catch (cause) {
    visit.signal.throwIfAborted()
    return { digests: [], problems: [describeFailure(cause)] }
  }
}

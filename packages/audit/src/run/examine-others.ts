import { canonicalJson, type Digest, digestOf } from '@sallyport/core'
import { readJson } from '@sallyport/gate/database'
import type { AuditProblem } from '../audit-record.ts'
import { parseEvidenceTag } from '../walk/evidence-tag.ts'
import { isOnlyAttested, type ManifestShape } from '../walk/manifest-shape.ts'
import { describeFailure, keepExamination, listReferrers, reuse } from './keep-examination.ts'
import { eachPage, type RepositoryVisit } from './repository-visit.ts'

/**
 * Ends with what is no image. Evidence is done; the evidence about an artifact is looked for, so that it is counted, but
 * nothing is judged. What only its own manifest calls evidence becomes an image instead.
 */
export function examineOthers(visit: RepositoryVisit): Promise<boolean> {
  const { work } = visit
  const basis = digestOf(canonicalJson(['artifact', 1]))
  return eachPage(
    visit,
    (limit) => work.nodes('shaped', ['other'], limit),
    async (node) => {
      if (node.shape?.config !== undefined && (await isHidden(visit, node.digest)))
        return [work.setState(node.digest, 'shaped', 'image')]
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

/**
 * Whether what could be run stands where images do: under a tag of its own, or in an index of which an entry does not say
 * that it attests. Without either it is what cosign left behind when a tag of it moved on.
 */
async function isHidden({ work }: RepositoryVisit, digest: Digest): Promise<boolean> {
  const tags = await work.tagsOf(digest)
  if (tags.some((tag) => parseEvidenceTag(tag) === undefined)) return true
  const indexes = await work.rows(
    `SELECT e.parent, c.shape FROM audit_edge e JOIN audit_content c ON c.digest = e.parent
     WHERE e.audit = $1 AND e.repository = $2 AND e.child = $3 AND e.kind = 'member'`,
    [digest],
  )
  return indexes.some(
    ({ parent, shape }) => !isOnlyAttested(readJson<ManifestShape>(shape, `what ${parent} is`), digest),
  )
}

async function lookForEvidence(
  visit: RepositoryVisit,
  digest: Digest,
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

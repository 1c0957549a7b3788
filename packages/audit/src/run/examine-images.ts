import { canonicalJson, type Digest, digestOf } from '@sallyport/core'
import { type AuditClass, auditClasses } from '../audit-class.ts'
import type { AuditProblem } from '../audit-record.ts'
import type { Classification } from '../ports/image-classifier.ts'
import type { KeptExamination } from '../state/record-row.ts'
import type { WorkNode } from '../state/repository-work.ts'
import { evidenceTagsOf } from '../walk/evidence-tag.ts'
import { describeFailure, keepExamination, listReferrers, reuse } from './keep-examination.ts'
import { eachPage, type RepositoryVisit } from './repository-visit.ts'

/** Most indexes whose evidence is tried for a platform. */
const maxParents = 16

/** Judges the images and indexes that were not yet. */
export function examineImages(visit: RepositoryVisit): Promise<boolean> {
  const { work } = visit
  return eachPage(
    visit,
    (limit) => work.nodes('shaped', ['image', 'index'], limit),
    async (node) => {
      const { digest } = node
      const parents = await parentsOf(visit, digest)
      const missing = await missingMembers(visit, digest)
      const ofMembers = await evidenceOfMembers(visit, digest)
      const tagged = await taggedEvidence(visit, digest)
      const ofParents = await Promise.all(
        parents.map(async (parent) => [parent, await taggedEvidence(visit, parent)] as const),
      )
      const basis = digestOf(canonicalJson([visit.termsKey, tagged, ofParents, ofMembers, missing]))
      const found = tagged.flatMap(([, evidence]) => (evidence === undefined ? [] : [evidence]))
      const ofTags = found.flatMap((evidence) => [
        work.addNode(evidence),
        work.addEdge('tag', digest, evidence),
      ])
      const known = reuse(visit, node, basis)
      if (known !== undefined) return [...ofTags, ...known]
      visit.budget.check()
      const { examination, referrers } = await examine(visit, node, parents, missing)
      return [...ofTags, ...keepExamination(visit, digest, { basis, examination, referrers })]
    },
  )
}

async function examine(
  visit: RepositoryVisit,
  { digest }: WorkNode,
  parents: readonly Digest[],
  missing: readonly MissingMember[],
): Promise<{ readonly examination: KeptExamination; readonly referrers: readonly Digest[] }> {
  const { repository, signal } = visit
  const problems: AuditProblem[] = missing.slice(0, 20).map(([member, state]) => ({
    class: 'error',
    code: state === 'absent' ? 'CHILD_MISSING' : 'CHILD_UNREAD',
    message: `the index lists ${member}, which ${state === 'absent' ? 'is not in the repository' : "can't be read"}`,
  }))
  if (missing.length > problems.length) {
    const more = missing.length - problems.length
    problems.push({
      class: 'error',
      code: 'CHILD_MISSING',
      message: `${more} more that it lists are not there, or can't be read`,
    })
  }
  let best: Classification | undefined
  const referrers = new Set<Digest>()
  try {
    const raw = await repository.getManifest(digest, { signal })
    const listed = await listReferrers(visit, digest)
    for (const each of listed.digests) referrers.add(each)
    problems.push(...listed.problems)
    for (const via of parents.length === 0 ? [undefined] : parents) {
      const found = await visit.classifier(
        { repository, raw, terms: visit.terms, ...(via && { via }) },
        { now: visit.clock.now(), signal },
      )
      signal.throwIfAborted()
      for (const each of found.evidenceManifests) referrers.add(each)
      if (best === undefined || rank(found.class) > rank(best.class)) best = found
      if (best.class === 'compliant') break
    }
  } catch (cause) {
    signal.throwIfAborted()
    // Whatever went wrong, it was not judged, and that is said of this image; the others are judged all the same.
    problems.push(describeFailure(cause))
  }
  referrers.delete(digest)
  if (best !== undefined && best.class === undefined) {
    problems.push({ class: 'error', code: 'UNJUDGED', message: 'the classifier gave no class' })
  }
  const all = [...problems, ...(best?.problems ?? [])].sort(
    (one, other) => rank(one.class) - rank(other.class),
  )
  const worst = problems.length > 0 ? 'error' : (best?.class ?? 'error')
  return {
    examination: {
      class: worst,
      problems: all,
      evidence: best?.evidence ?? [],
      decision: best?.decision,
      judgement: best?.judgement,
    },
    referrers: [...referrers].sort(),
  }
}

/** Place in the order from worst to best; what has no class is as bad as can be. */
function rank(auditClass: AuditClass | undefined): number {
  return auditClass === undefined ? -1 : auditClasses.indexOf(auditClass)
}

async function parentsOf({ work }: RepositoryVisit, digest: Digest): Promise<readonly Digest[]> {
  const rows = await work.rows(
    `SELECT parent FROM audit_edge WHERE audit = $1 AND repository = $2 AND child = $3 AND kind = 'member'
     ORDER BY parent LIMIT ${maxParents}`,
    [digest],
  )
  return rows.map((row) => row['parent'] as Digest)
}

type MissingMember = readonly [digest: Digest, state: 'absent' | 'unread']

async function missingMembers({ work }: RepositoryVisit, digest: Digest): Promise<readonly MissingMember[]> {
  const rows = await work.rows(
    `SELECT e.child, n.state FROM audit_edge e
       JOIN audit_node n ON n.audit = e.audit AND n.repository = e.repository AND n.digest = e.child
     WHERE e.audit = $1 AND e.repository = $2 AND e.kind = 'member' AND e.parent = $3 AND n.state IN ('absent', 'unread')
     ORDER BY e.child`,
    [digest],
  )
  return rows.map((row) => [row['child'] as Digest, row['state'] as MissingMember[1]] as const)
}

/** What stands under the tags of evidence about what an index lists, which counts for the index too. */
async function evidenceOfMembers(
  { work }: RepositoryVisit,
  digest: Digest,
): Promise<readonly (readonly [tag: string, digest: string | undefined])[]> {
  // The digest as a tag, of which one of sha512 has only the beginning.
  const tag = "substr(replace(e.child, ':', '-'), 1, 71)"
  const rows = await work.rows(
    `SELECT t.tag, t.digest FROM audit_edge e JOIN audit_tag t ON t.audit = e.audit AND t.repository = e.repository
       AND t.tag IN (${tag}, ${tag} || '.att', ${tag} || '.sbom', ${tag} || '.sig')
     WHERE e.audit = $1 AND e.repository = $2 AND e.kind = 'member' AND e.parent = $3 ORDER BY t.tag`,
    [digest],
  )
  return rows.map((row) => [String(row['tag']), (row['digest'] as string | null) ?? undefined] as const)
}

/** What stands under the tags of evidence about a digest, as listed: it is judged anew when one of them moves. */
async function taggedEvidence(
  { work }: RepositoryVisit,
  digest: Digest,
): Promise<readonly (readonly [tag: string, digest: Digest | undefined])[]> {
  const rows = await work.rows(
    `SELECT tag, digest FROM audit_tag WHERE audit = $1 AND repository = $2 AND tag IN ($3, $4, $5, $6) ORDER BY tag`,
    evidenceTagsOf(digest),
  )
  return rows.map((row) => [String(row['tag']), (row['digest'] as Digest | null) ?? undefined] as const)
}

import { type Digest, isSallyportError } from '@sallyport/core'
import type { AuditProblem } from '../audit-record.ts'
import type { KeptExamination } from '../state/record-row.ts'
import type { WorkNode, Write } from '../state/repository-work.ts'
import type { RepositoryVisit } from './repository-visit.ts'
import { keepDocument } from './watch-repository.ts'

/** What an examination found, and under which circumstances it holds. */
export interface Finding {
  /** Equal as long as it need not be examined again. */
  readonly basis: string
  readonly examination: KeptExamination
  /** Manifests that lists name as evidence about it. */
  readonly referrers: readonly Digest[]
}

/** What an earlier examination found, when it may be used again. */
export function reuse(
  { work, isFresh }: RepositoryVisit,
  { digest, place }: WorkNode,
  basis: string,
): readonly Write[] | undefined {
  const { document, examinedAt, examinedIn } = place ?? {}
  if (
    place?.basis !== basis ||
    document === undefined ||
    examinedAt === undefined ||
    examinedIn === undefined
  )
    return undefined
  if (!isFresh(examinedIn, examinedAt)) return undefined
  return [
    ...addReferrers(work, digest, place.referrers),
    finish(work, digest, document, examinedAt, examinedIn === work.audit),
  ]
}

/**
 * Keeps what an examination found. What ended in an error is tried again by the next audit, and so is what was too much or
 * took too long; not what only misses a child, which is looked for in any case, and changes the basis when it comes back.
 */
export function keepExamination(
  { work, clock }: RepositoryVisit,
  digest: Digest,
  { basis, examination, referrers }: Finding,
): readonly Write[] {
  const { id, write } = keepDocument(JSON.stringify(examination))
  const at = clock.now().toISOString()
  const isError = examination.problems.some(
    ({ class: name, code }) => code === 'limit-exceeded' || (name === 'error' && code !== 'CHILD_MISSING'),
  )
  return [
    write,
    [
      `UPDATE audit_place SET basis = $4, document = $5, referrers = $6, examined_at = $7, examined_in = $8
       WHERE registry = $1 AND repository = $2 AND digest = $3`,
      [
        work.registry,
        work.repository,
        digest,
        isError ? null : basis,
        id,
        JSON.stringify(referrers),
        at,
        work.audit,
      ],
    ],
    ...addReferrers(work, digest, referrers),
    finish(work, digest, id, at, true),
  ]
}

/** Adds what lists name as evidence. */
function addReferrers(
  work: RepositoryVisit['work'],
  subject: Digest,
  referrers: readonly Digest[],
): readonly Write[] {
  return referrers.flatMap((each) => [work.addNode(each), work.addEdge('listed', subject, each)])
}

/** What the lists of referrers name, and what is wrong with them. */
export async function listReferrers(
  { repository, signal }: RepositoryVisit,
  digest: Digest,
): Promise<{ readonly digests: readonly Digest[]; readonly problems: readonly AuditProblem[] }> {
  const { entries, complete } = await repository.listReferrerEntries(digest, { signal })
  return {
    digests: entries.map((entry) => entry.digest),
    problems: complete
      ? []
      : [
          {
            class: 'error',
            code: 'LIMIT_EXCEEDED',
            message: `only ${entries.length} referrers were listed; there are more, or the list does not end`,
          },
        ],
  }
}

/** A failure as a problem of the image concerned. */
export function describeFailure(cause: unknown): AuditProblem {
  if (isSallyportError(cause)) return { class: 'error', code: cause.code, message: cause.message }
  const message = cause instanceof Error ? cause.message : String(cause)
  return { class: 'error', code: 'UNJUDGED', message: `it could not be judged: ${message.slice(0, 300)}` }
}

function finish(
  work: RepositoryVisit['work'],
  digest: Digest,
  document: string,
  at: string,
  isAnew: boolean,
): Write {
  return work.write(
    `UPDATE audit_node SET state = 'done', document = $4, looked_at = $5, anew = $6
     WHERE audit = $1 AND repository = $2 AND digest = $3`,
    [digest, document, at, isAnew ? 1 : 0],
  )
}

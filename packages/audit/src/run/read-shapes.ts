import { type Digest, isDigest, isSallyportError } from '@sallyport/core'
import type { RepositoryWork, WorkNode, Write } from '../state/repository-work.ts'
import { parseEvidenceTag } from '../walk/evidence-tag.ts'
import { attests, type ManifestShape, readShape } from '../walk/manifest-shape.ts'
import { eachPage, type RepositoryVisit } from './repository-visit.ts'
import { keepContent } from './watch-repository.ts'

type Look =
  | { readonly state: 'shaped'; readonly shape: ManifestShape; readonly at: string }
  | { readonly state: 'absent' }
  | { readonly state: 'unread'; readonly code: string; readonly message: string }

/** Finds out what the manifests are that nobody looked at yet, and which others they lead to. */
export function readShapes(visit: RepositoryVisit): Promise<boolean> {
  const { work } = visit
  return eachPage(
    visit,
    (limit) => work.nodes('found', undefined, limit),
    async (node) => {
      const look = await lookAt(visit, node)
      const { digest } = node
      const at = visit.clock.now().toISOString()
      if (look.state === 'unread') return [work.setUnread(digest, look.code, look.message)]
      if (look.state === 'absent') return [work.setState(digest, 'absent'), work.sawPlace(digest, false, at)]
      return [
        keepContent(digest, look.shape),
        work.sawPlace(digest, true, look.at),
        ...(await follow(work, digest, look.shape)),
        work.write(
          'UPDATE audit_node SET looked_at = $4 WHERE audit = $1 AND repository = $2 AND digest = $3',
          [digest, look.at],
        ),
      ]
    },
  )
}

async function lookAt(
  visit: RepositoryVisit,
  { digest, listed, isMember, shape, place }: WorkNode,
): Promise<Look> {
  const { repository, budget, signal, clock } = visit
  const at = clock.now().toISOString()
  if (shape !== undefined && listed) return { state: 'shaped', shape, at }
  if (!listed && place !== undefined && visit.isFresh(place.seenIn, place.seenAt)) {
    if (place.present && shape !== undefined) return { state: 'shaped', shape, at: place.seenAt }
    // Whether what an index lists has come back is worth a look: it is an error as long as it is missing.
    if (!place.present && !isMember) return { state: 'absent' }
  }
  budget.check()
  try {
    if (shape !== undefined && (await repository.headManifest(digest, { signal })) !== undefined)
      return { state: 'shaped', shape, at }
    const raw = await repository.findManifest(digest, { signal })
    if (raw !== undefined) return { state: 'shaped', shape: readShape(raw), at }
    if (!listed) return { state: 'absent' }
    return {
      state: 'unread',
      code: 'MANIFEST_NOT_FOUND',
      message: `${digest} is listed, but it is not there`,
    }
  } catch (cause) {
    if (signal.aborted || !isSallyportError(cause)) throw cause
    return { state: 'unread', code: cause.code, message: cause.message }
  }
}

/** What a manifest leads to. */
async function follow(work: RepositoryWork, digest: Digest, shape: ManifestShape): Promise<readonly Write[]> {
  if (shape.kind === 'image') return [work.setState(digest, 'shaped', 'image')]
  const tags = (await work.tagsOf(digest)).flatMap((tag) => parseEvidenceTag(tag) ?? [])
  const subjects = await Promise.all(
    tags
      .filter(({ kind }) => shape.kind === 'other' || kind === 'list')
      .map(({ subject }) => resolveSubject(work, subject)),
  )
  const ofTags = subjects.flatMap((subject) =>
    subject === undefined || subject === digest
      ? []
      : [work.addNode(subject), work.addEdge('tag', subject, digest)],
  )
  if (shape.kind === 'other') {
    const { subject } = shape
    return [
      work.setState(digest, 'shaped', 'other'),
      ...ofTags,
      ...(subject === undefined ? [] : [work.addNode(subject), work.addEdge('subject', subject, digest)]),
    ]
  }
  const isListed = tags.some(({ kind }) => kind === 'list')
  const { members } = shape
  const own = new Set(members.map((member) => member.digest))
  return [
    isListed ? work.setState(digest, 'undecided', 'list') : work.setState(digest, 'shaped', 'index'),
    ...ofTags,
    ...members.flatMap((member) => [
      work.addNode(member.digest),
      work.addEdge(isListed ? 'entry' : 'member', digest, member.digest, member.platform),
      ...(member.attests !== undefined && own.has(member.attests) && attests(member, member.attests)
        ? [work.addEdge('attests', member.attests, member.digest)]
        : []),
    ]),
  ]
}

/** The digest that a tag means; of a sha512 it may say only the beginning. */
async function resolveSubject(work: RepositoryWork, subject: string): Promise<Digest | undefined> {
  if (isDigest(subject)) return subject
  const [row] = await work.rows(
    `SELECT digest FROM audit_node WHERE audit = $1 AND repository = $2 AND digest >= $3 AND digest < $4
     ORDER BY digest LIMIT 1`,
    [subject, `${subject}g`],
  )
  return row?.['digest'] as Digest | undefined
}

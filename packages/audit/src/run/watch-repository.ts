import { type Digest, digestOf, isDigest, type RawManifest } from '@sallyport/core'
import { fallbackTag, type ReferrerListing, type Repository } from '@sallyport/oci'
import type { RepositoryWork, Write } from '../state/repository-work.ts'
import { parseEvidenceTag } from '../walk/evidence-tag.ts'
import { type ManifestShape, readShape } from '../walk/manifest-shape.ts'

/** A repository that asks nothing twice in a short while, and notes every manifest that goes through it. */
export interface WatchedRepository extends Repository {
  /** Notes a manifest that was read elsewhere, and answers with it for a while. */
  keep(raw: RawManifest): void
  /** What was noted since the last call, to be kept. */
  takeNotes(): readonly Write[]
}

const maxKeptBytes = 4 * 1024 * 1024
const maxKeptLists = 256

/**
 * Watches what is read of a repository. Tags of evidence are answered from the listing: what was not there then is
 * not there. A referrers API that is missing for one manifest is missing for all of them (OCI distribution
 * specification, "Listing Referrers": where there is one, it never answers 404).
 */
export function watchRepository(
  repository: Repository,
  work: RepositoryWork,
  now: () => Date,
): WatchedRepository {
  const manifests = new Map<Digest, RawManifest>()
  const lists = new Map<Digest, ReferrerListing>()
  let keptBytes = 0
  let hasNoApi: boolean | undefined
  let firstList: Promise<unknown> | undefined
  let notes: Write[] = []

  const keep = (raw: RawManifest): void => {
    const { digest } = raw.descriptor
    if (manifests.has(digest)) return
    const shape = tryShape(raw)
    if (shape !== undefined) notes.push(keepContent(digest, shape))
    notes.push(work.sawPlace(digest, true, now().toISOString()))
    manifests.set(digest, raw)
    keptBytes += raw.bytes.byteLength
    for (const [oldest, { bytes }] of manifests) {
      if (keptBytes <= maxKeptBytes || oldest === digest) break
      manifests.delete(oldest)
      keptBytes -= bytes.byteLength
    }
  }

  const findManifest: Repository['findManifest'] = async (tagOrDigest, options) => {
    const known = isDigest(tagOrDigest) ? manifests.get(tagOrDigest) : undefined
    if (known !== undefined && known.bytes.byteLength <= (options?.maxBytes ?? Number.POSITIVE_INFINITY))
      return known
    if (!isDigest(tagOrDigest) && parseEvidenceTag(tagOrDigest) !== undefined) {
      const digest = await work.digestOfTag(tagOrDigest)
      if (digest === 'absent') return undefined
      // By digest it may be known already, and it is what was listed.
      const raw = isDigest(digest) ? await findManifest(digest, options) : undefined
      if (raw !== undefined) return raw
    }
    const raw = await repository.findManifest(tagOrDigest, options)
    if (raw !== undefined) keep(raw)
    return raw
  }

  return {
    ...repository,
    keep,
    findManifest,
    async getManifest(tagOrDigest, options) {
      const known = isDigest(tagOrDigest) ? manifests.get(tagOrDigest) : undefined
      const raw = known ?? (await repository.getManifest(tagOrDigest, options))
      keep(raw)
      return raw
    },
    async listReferrerEntries(subject, options) {
      const known = lists.get(subject)
      if (known !== undefined) return known
      // The first answer may spare the others the question.
      for (let first = firstList; first !== undefined; first = firstList) await first
      const ask = async (): Promise<ReferrerListing> => {
        const list = await repository.listReferrerEntries(subject, {
          ...options,
          findFallback: (signal) => findManifest(fallbackTag(subject), { signal }),
          skipApi: hasNoApi,
        })
        hasNoApi = list.referrersApi === 'missing'
        return list
      }
      const asked = ask()
      if (hasNoApi === undefined) {
        const end = (): void => void (firstList = undefined)
        firstList = asked.then(end, end)
      }
      const list = await asked
      lists.set(subject, list)
      for (const oldest of lists.keys()) {
        if (lists.size <= maxKeptLists) break
        lists.delete(oldest)
      }
      return list
    },
    takeNotes() {
      const taken = notes
      notes = []
      return taken
    },
  }
}

/** Keeps what a manifest is, for all places where it may be. Bytes that name no type may be several: an image weighs most. */
export function keepContent(digest: Digest, shape: ManifestShape): Write {
  return [
    `INSERT INTO audit_content (digest, shape) VALUES ($1, $2)
     ON CONFLICT DO UPDATE SET shape = excluded.shape
       WHERE excluded.shape ->> '$.kind' = 'image' AND shape ->> '$.kind' <> 'image'`,
    [digest, JSON.stringify(shape)],
  ]
}

/** Keeps a text that records share; its name is its digest. */
export function keepDocument(body: string): { readonly id: string; readonly write: Write } {
  const id = digestOf(body)
  return { id, write: ['INSERT OR IGNORE INTO audit_document (id, body) VALUES ($1, $2)', [id, body]] }
}

function tryShape(raw: RawManifest): ManifestShape | undefined {
  try {
    return readShape(raw)
  } catch {
    return undefined
  }
}

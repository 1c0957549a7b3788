import type { Digest } from '@sallyport/core'
import type { ListedReferrer, Repository } from '@sallyport/oci'
import { type QueuedWork, runCheapestFirst } from '../internal/run-cheapest-first.ts'
import { readBlob } from '../internal/read-blob.ts'
import type { ResolvedTrust } from '../trust/resolve-trust.ts'
import { maxLegacyLayers } from '../storage/wire-format.ts'
import type { Candidate } from './candidate.ts'
import type { EvidenceReport, EvidenceStore, VerifiedEvidence } from './evidence.ts'
import { type EvidenceLimits, resolveLimits } from './evidence-limits.ts'
import { createGathering } from './gathering.ts'
import { listLegacy } from './list-legacy.ts'
import { mayCarryEvidence, openReferrer } from './open-referrer.ts'
import { type QueueClass, queueClass, rankOf, type WantedTypes } from './queue-class.ts'
import { Rejection } from './rejection.ts'
import { verifyCandidate } from './verify-candidate.ts'

/** Options of {@link gatherEvidence}. */
export interface GatherOptions extends WantedTypes {
  readonly trust: ResolvedTrust
  /** Judges one candidate in place of {@link verifyCandidate}; reads it only if it must. Nothing is evidence that nobody needs. */
  readonly judge?:
    | ((candidate: Candidate, read: () => Promise<Uint8Array>) => Promise<VerifiedEvidence | undefined>)
    | undefined
  /** Told what the lists of referrers hold. */
  readonly onListed?: ((entries: readonly ListedReferrer[]) => void) | undefined
  /** Told what stands under cosign's tags; `undefined`: there is no such tag. */
  readonly onTagged?:
    | ((store: 'legacy-signature' | 'legacy-attestation', manifest: Digest | undefined) => void)
    | undefined
  /** Where to look. Default everywhere. */
  readonly stores?: readonly EvidenceStore[] | undefined
  /** Another repository where evidence about the image is kept; looked into as well. */
  readonly evidenceRepository?: Repository | undefined
  readonly limits?: EvidenceLimits | undefined
  /** Whether what was verified so far is enough; then nothing more is read, and the report ends there. */
  readonly isSatisfied?: ((verified: readonly VerifiedEvidence[]) => boolean) | undefined
  readonly signal?: AbortSignal | undefined
}

const concurrency = 6
/** What a manifest counts for in the queue: smaller blobs of those already read go before it. */
const manifestCost = 64 * 1024

/**
 * Reads and verifies the evidence about an image: the union of the stores, each candidate judged on its own. What is
 * annotated as wanted is judged first, large blobs last.
 *
 * @throws {OciError} when the registry can't be read and what was found without that is not enough.
 */
export async function gatherEvidence(
  repository: Repository,
  subject: Digest,
  {
    trust,
    judge = async (candidate, read) => verifyCandidate(candidate, await read(), subject, trust),
    onListed,
    onTagged,
    stores,
    evidenceRepository,
    limits,
    isSatisfied,
    signal,
    ...wanted
  }: GatherOptions,
): Promise<EvidenceReport> {
  signal?.throwIfAborted()
  const resolved = resolveLimits(limits)
  using gathering = createGathering(repository, { limits: resolved, isSatisfied, signal })
  const looksInto = (...some: EvidenceStore[]): boolean =>
    stores === undefined || some.some((store) => stores.includes(store))

  const toJudge = (candidate: Candidate, place: QueueClass | undefined): QueuedWork[] => {
    if (place === undefined || !looksInto(candidate.store)) return []
    const { blob } = candidate
    const run = (): Promise<readonly QueuedWork[]> =>
      gathering.examine(candidate, async (inner) => {
        const read = async (): Promise<Uint8Array> => {
          if (blob.size <= resolved.maxBlobBytes) gathering.spend(blob.size)
          return readBlob(candidate.repository, blob, { maxBytes: resolved.maxBlobBytes, signal: inner })
        }
        const evidence = await judge(candidate, read)
        if (evidence !== undefined) gathering.accept(candidate, evidence)
        return []
      })
    return [{ rank: rankOf(place, blob.size), cost: blob.size, run }]
  }

  const toOpen = (place: Repository, entry: ListedReferrer, index: number): QueuedWork[] => {
    const kind = mayCarryEvidence(entry)
    const listed = kind && queueClass(entry.annotations, wanted, kind)
    if (listed === undefined) return []
    const origin = { store: 'bundle', repository: place, manifest: entry.digest } as const
    const run = (): Promise<readonly QueuedWork[]> =>
      gathering.examine(origin, async (inner) => {
        const { blobs, bytes, annotations } = await openReferrer(place, subject, entry, inner)
        gathering.spend(bytes)
        const works = blobs.flatMap(({ store, blob }, layer) => {
          const candidate = { ...origin, store, blob, position: index * maxLegacyLayers + layer }
          return toJudge(candidate, queueClass({ ...annotations, ...blob.annotations }, wanted))
        })
        return gathering.cap('layers of referrers', origin, works)
      })
    return [{ rank: rankOf(listed, 0), cost: manifestCost, run }]
  }

  const listReferrers = async (place: Repository): Promise<readonly QueuedWork[]> => {
    if (!looksInto('bundle', 'artifact-signature', 'artifact-attestation')) return []
    const origin = { store: 'bundle', repository: place, manifest: subject } as const
    const list = async (inner: AbortSignal): Promise<readonly QueuedWork[]> => {
      const { entries, complete } = await place.listReferrerEntries(subject, { signal: inner })
      onListed?.(entries)
      if (!complete) {
        gathering.reject(
          origin,
          new Rejection('limit-exceeded', `only ${entries.length} referrers were listed`),
        )
      }
      const works = entries.flatMap((entry, index) => toOpen(place, entry, index))
      return gathering.cap('referrers', origin, works)
    }
    return gathering.examine(origin, list, { isList: true })
  }

  const listTag = async (
    place: Repository,
    store: 'legacy-signature' | 'legacy-attestation',
  ): Promise<readonly QueuedWork[]> => {
    if (!looksInto(store)) return []
    const origin = { store, repository: place, manifest: subject }
    const list = async (inner: AbortSignal): Promise<readonly QueuedWork[]> => {
      const { manifest, layers } = await listLegacy(place, subject, store, inner)
      onTagged?.(store, manifest === subject ? undefined : manifest)
      const works = layers.flatMap((blob, position) =>
        toJudge({ ...origin, manifest, blob, position }, queueClass(blob.annotations, wanted)),
      )
      return gathering.cap(`layers of a ${store}`, { ...origin, manifest }, works)
    }
    return gathering.examine(origin, list, { isList: true })
  }

  const places = evidenceRepository === undefined ? [repository] : [repository, evidenceRepository]
  const lists = await Promise.all(
    places.flatMap((place) => [
      listReferrers(place),
      listTag(place, 'legacy-signature'),
      listTag(place, 'legacy-attestation'),
    ]),
  )
  await runCheapestFirst(lists.flat(), { concurrency, isDone: gathering.isDone })
  return { subject, ...gathering.end() }
}

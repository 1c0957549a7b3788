import {
  type Descriptor,
  type Digest,
  isDigest,
  isIndexMediaType,
  isManifestMediaType,
  type RawManifest,
} from '@sallyport/core'
import pLimit from 'p-limit'
import { OciError, type OciErrorCode } from '../errors.ts'
import { parseIndex, parseManifest } from '../manifest/parse-manifest.ts'
import type {
  DiscoveredReferrer,
  ListedReferrer,
  ReferrerMechanism,
  RejectedReferrer,
} from '../ports/repository.ts'
import { keepManifests } from './kept-manifests.ts'

/** Most entries of a list that are looked at; each costs a request. */
const maxCandidates = 10_000
const concurrency = 4
/** What makes a list's entry no referrer, as opposed to a failure to find out. */
const notReferrer: ReadonlySet<OciErrorCode> = new Set([
  'MANIFEST_NOT_FOUND',
  'MANIFEST_INVALID',
  'MANIFEST_UNSUPPORTED',
])

/** The subject of a manifest or index, and the descriptor under which it is listed as a referrer. */
export function describeReferrer(raw: RawManifest): {
  subject: Descriptor | undefined
  descriptor: Descriptor
} {
  const { mediaType, digest, size } = raw.descriptor
  const index = isIndexMediaType(mediaType) ? parseIndex(raw) : undefined
  const manifest = index === undefined && isManifestMediaType(mediaType) ? parseManifest(raw) : undefined
  const artifactType = index?.artifactType || manifest?.artifactType || manifest?.config.mediaType
  const annotations = index?.annotations ?? manifest?.annotations
  return {
    subject: index?.subject ?? manifest?.subject,
    descriptor: {
      mediaType,
      digest,
      size,
      ...(artifactType === undefined ? {} : { artifactType }),
      ...(annotations === undefined ? {} : { annotations }),
    },
  }
}

/** An entry of a list of referrers, as it stands there. */
export type ListEntry = Omit<ListedReferrer, 'mechanism'>

/** An entry of a list of referrers: only the digest counts. */
export interface ReferrerCandidate {
  readonly digest: Digest
  readonly mechanism: ReferrerMechanism
}

/** Candidates told apart by their own manifests. */
export interface VerifiedReferrers {
  readonly referrers: readonly DiscoveredReferrer[]
  readonly rejected: readonly RejectedReferrer[]
}

interface Verified {
  readonly descriptor: Descriptor
  readonly raw: RawManifest
}

/**
 * Reads the manifest of each candidate and keeps those that really have `subject` as their subject, described by their
 * own manifest. The order is that of the lists.
 *
 * @throws {OciError} `LIMIT_EXCEEDED` when the lists are too long to look at.
 */
export async function verifyReferrers(
  subject: Digest,
  candidates: readonly ReferrerCandidate[],
  getManifest: (digest: Digest, signal: AbortSignal | undefined) => Promise<RawManifest>,
  signal: AbortSignal | undefined,
): Promise<VerifiedReferrers> {
  const mechanisms = new Map<Digest, ReferrerMechanism[]>()
  for (const { digest, mechanism } of candidates) {
    const known = mechanisms.get(digest) ?? []
    if (!known.includes(mechanism)) mechanisms.set(digest, [...known, mechanism])
  }
  if (mechanisms.size > maxCandidates) {
    throw new OciError(
      'LIMIT_EXCEEDED',
      `${subject}: ${mechanisms.size} referrers listed, at most ${maxCandidates} are read`,
      { reference: subject },
    )
  }
  const limit = pLimit(concurrency)
  const verify = async (digest: Digest): Promise<Verified | RejectedReferrer['reason']> => {
    signal?.throwIfAborted()
    if (digest === subject) return 'is-the-subject'
    try {
      const raw = await getManifest(digest, signal)
      const referrer = describeReferrer(raw)
      if (referrer.subject?.digest === subject) return { descriptor: referrer.descriptor, raw }
      return referrer.subject === undefined ? 'names-no-subject' : 'names-another-subject'
    } catch (error) {
      if (error instanceof OciError && notReferrer.has(error.code)) {
        return error.code === 'MANIFEST_NOT_FOUND' ? 'missing' : 'unreadable'
      }
      throw error
    }
  }
  const digests = [...mechanisms.keys()]
  const settled = await Promise.allSettled(digests.map((digest) => limit(verify, digest)))
  const referrers: DiscoveredReferrer[] = []
  const manifests: [DiscoveredReferrer, RawManifest][] = []
  const rejected: RejectedReferrer[] = []
  for (const [at, result] of settled.entries()) {
    if (result.status === 'rejected') throw result.reason
    const digest = digests[at] as Digest
    const listed = mechanisms.get(digest) ?? []
    if (typeof result.value === 'string') {
      for (const mechanism of listed) rejected.push({ digest, mechanism, reason: result.value })
    } else {
      const referrer = { descriptor: result.value.descriptor, mechanisms: listed }
      referrers.push(referrer)
      manifests.push([referrer, result.value.raw])
    }
  }
  keepManifests(manifests)
  return { referrers, rejected }
}

/** The entries of a referrers list, or `undefined` when the text is no such list. They prove nothing. */
export function listedEntries(bytes: Uint8Array): readonly ListEntry[] | undefined {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
  const entries = isRecord(value) ? value['manifests'] : undefined
  if (entries === null) return []
  if (!Array.isArray(entries)) return undefined
  return entries.flatMap((entry: unknown): ListEntry[] => {
    if (!isRecord(entry) || !isDigest(entry['digest'])) return []
    const { digest, size, artifactType, annotations } = entry
    const texts = isRecord(annotations)
      ? Object.entries(annotations).filter(
          (each): each is [string, string] => typeof each[1] === 'string' && each[0] !== '__proto__',
        )
      : []
    return [
      {
        digest,
        ...(Number.isSafeInteger(size) && Number(size) >= 0 ? { size: Number(size) } : {}),
        ...(typeof artifactType === 'string' ? { artifactType } : {}),
        ...(texts.length > 0 ? { annotations: Object.fromEntries(texts) } : {}),
      },
    ]
  })
}

/** The digests that a referrers list names, or `undefined` when the text is no such list. */
export function listedDigests(bytes: Uint8Array): readonly Digest[] | undefined {
  return listedEntries(bytes)?.map(({ digest }) => digest)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

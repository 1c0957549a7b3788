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
import type { ListReferrersOptions } from '../ports/repository.ts'

/** Most entries of a list that are looked at; each costs a request. */
const maxCandidates = 1000
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

/**
 * Of the digests that a list names, those whose manifest really has `subject` as its subject; described by their own
 * manifest. The order is that of the list.
 *
 * @throws {OciError} `LIMIT_EXCEEDED` when the list is too long to look at.
 */
export async function verifyReferrers(
  subject: Digest,
  candidates: readonly Digest[],
  getManifest: (digest: Digest, signal: AbortSignal | undefined) => Promise<RawManifest>,
  { artifactType, signal }: ListReferrersOptions = {},
): Promise<readonly Descriptor[]> {
  const unique = [...new Set(candidates)].filter((digest) => digest !== subject)
  if (unique.length > maxCandidates) {
    throw new OciError(
      'LIMIT_EXCEEDED',
      `${subject}: ${unique.length} referrers listed, at most ${maxCandidates} are read`,
      {
        reference: subject,
      },
    )
  }
  const limit = pLimit(concurrency)
  const verify = async (digest: Digest): Promise<Descriptor | undefined> => {
    signal?.throwIfAborted()
    try {
      const referrer = describeReferrer(await getManifest(digest, signal))
      return referrer.subject?.digest === subject ? referrer.descriptor : undefined
    } catch (error) {
      if (error instanceof OciError && notReferrer.has(error.code)) return undefined
      throw error
    }
  }
  const settled = await Promise.allSettled(unique.map((digest) => limit(verify, digest)))
  const found: Descriptor[] = []
  for (const result of settled) {
    if (result.status === 'rejected') throw result.reason
    const descriptor = result.value
    if (descriptor === undefined) continue
    if (artifactType === undefined || descriptor.artifactType === artifactType) found.push(descriptor)
  }
  return found
}

/** The digests that a referrers list names, or `undefined` when the text is no such list. Entries prove nothing. */
export function listedDigests(bytes: Uint8Array): readonly Digest[] | undefined {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
  const entries =
    typeof value === 'object' && value !== null ? (value as { manifests?: unknown }).manifests : undefined
  if (entries === null) return []
  if (!Array.isArray(entries)) return undefined
  return entries
    .map((entry: unknown) =>
      typeof entry === 'object' && entry !== null ? (entry as { digest?: unknown }).digest : undefined,
    )
    .filter(isDigest)
}

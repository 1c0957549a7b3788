import { type Descriptor, type Digest, isIndexMediaType, type Platform } from '@sallyport/core'
import { parseIndex, parseManifest, type Repository } from '@sallyport/oci'
import { VerdictError } from './verdict-error.ts'

/** What was asked about, resolved. */
export interface ResolvedSubjects {
  /** What the reference resolved to. */
  readonly digest: Digest
  readonly subjects: readonly ResolvedSubject[]
}

/** A manifest that is to be judged. */
export interface ResolvedSubject {
  readonly digest: Digest
  readonly platform?: Platform | undefined
  /** An index of the same repository that lists it, whose evidence counts too. */
  readonly parent?: Digest | undefined
}

/** Options of {@link resolveSubjects}. */
export interface ResolveSubjectsOptions {
  readonly subject: 'index' | 'platforms' | 'both'
  readonly via?: Digest | undefined
  readonly signal?: AbortSignal | undefined
  /** Told of the digest as soon as it is known. */
  readonly onResolved: (digest: Digest) => void
}

/** Most platforms of one index. */
const maxPlatforms = 64

/**
 * Resolves a tag, once, and says which manifests are to be judged.
 *
 * @throws {VerdictError} `parent-mismatch`, `no-platforms`, `index-nested`, `limit-exceeded`.
 * @throws {OciError} when a manifest is not there, can't be read or is malformed.
 */
export async function resolveSubjects(
  repository: Repository,
  reference: string,
  { subject, via, signal, onResolved }: ResolveSubjectsOptions,
): Promise<ResolvedSubjects> {
  const raw = await repository.getManifest(reference, { signal })
  const { digest } = raw.descriptor
  onResolved(digest)
  const itself = { digest, parent: via }
  const isIndex = isIndexMediaType(raw.descriptor.mediaType)
  // Parsed in any case: what is malformed is not judged.
  const platforms = isIndex ? runnable(digest, parseIndex(raw).manifests, subject) : []
  if (!isIndex) parseManifest(raw)
  if (via !== undefined) await checkParent(repository, via, digest, signal)
  if (!isIndex || subject === 'index') return { digest, subjects: [itself] }
  return { digest, subjects: subject === 'both' ? [itself, ...platforms] : platforms }
}

/** The images of an index that something may run: all but the documents that BuildKit lists beside them. */
function runnable(
  digest: Digest,
  entries: readonly Descriptor[],
  subject: ResolveSubjectsOptions['subject'],
): readonly ResolvedSubject[] {
  if (subject === 'index') return []
  const images = entries.filter(
    ({ platform }) => !(platform?.os === 'unknown' && platform.architecture === 'unknown'),
  )
  const nested = images.find(({ mediaType }) => isIndexMediaType(mediaType))
  if (nested !== undefined) {
    throw new VerdictError(
      'index-nested',
      `${digest} lists another index, ${nested.digest}: verify that one by itself`,
    )
  }
  const byDigest = new Map(
    images.map((image) => [image.digest, { digest: image.digest, platform: image.platform }]),
  )
  if (byDigest.size === 0) {
    throw new VerdictError(
      'no-platforms',
      `${digest} lists no image that could be run, so there is nothing to verify`,
    )
  }
  if (byDigest.size > maxPlatforms) {
    throw new VerdictError(
      'limit-exceeded',
      `${digest} lists ${byDigest.size} images, at most ${maxPlatforms} are verified`,
    )
  }
  return [...byDigest.values()]
}

/** The list of an index is proof that it holds the image: it was read by digest, from this repository. */
async function checkParent(
  repository: Repository,
  via: Digest,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<void> {
  const raw = await repository.getManifest(via, { signal })
  const isListed = parseIndex(raw).manifests.some((entry) => entry.digest === digest)
  if (!isListed) throw new VerdictError('parent-mismatch', `the index ${via} does not list ${digest}`)
}

import type { BlobOptions, Descriptor, Digest, RawManifest } from '@sallyport/core'
import { findCosignTags } from '../referrers/cosign-tags.ts'
import { isFallbackIndex } from '../referrers/fallback-index.ts'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import { keepManifests } from '../referrers/kept-manifests.ts'
import { listedDigests, verifyReferrers } from '../referrers/verify-referrers.ts'
import type { ListReferrersOptions, ReferrerDiscovery, RejectedReferrer } from '../ports/repository.ts'
import { readReferrersApi, type ReferrersApiAnswer } from './read-referrers-api.ts'
import type { RegistryContext } from './registry-context.ts'
import { fetchManifest, getManifest } from './registry-manifests.ts'
import { findTagList } from './find-tag-list.ts'

/** The verified referrers of a digest, from the referrers API, the fallback tag and cosign's tags together. */
export async function discoverReferrers(
  context: RegistryContext,
  subject: Digest,
  { signal }: BlobOptions = {},
): Promise<ReferrerDiscovery> {
  const manifests = new Map<string, RawManifest>()
  const [api, cosignTags] = await Promise.all([
    listVerified(context, subject, { signal }),
    // By GET: some registries answer HEAD with 404 or 403 whatever there is.
    findCosignTags(subject, async (tag) => {
      const raw = (await fetchManifest(context, tag, { signal }))?.raw
      if (raw !== undefined) manifests.set(tag, raw)
      return raw?.descriptor
    }),
  ])
  keepManifests(cosignTags.map((each) => [each, manifests.get(each.tag)]))
  return { ...api, cosignTags }
}

/** The verified referrers of a digest, from the referrers API and the fallback tag together. */
export async function listReferrers(
  context: RegistryContext,
  subject: Digest,
  { artifactType, signal }: ListReferrersOptions = {},
): Promise<readonly Descriptor[]> {
  const { referrers } = await listVerified(context, subject, { artifactType, signal })
  return referrers
    .map(({ descriptor }) => descriptor)
    .filter((descriptor) => artifactType === undefined || descriptor.artifactType === artifactType)
}

async function listVerified(
  context: RegistryContext,
  subject: Digest,
  { artifactType, signal }: ListReferrersOptions,
): Promise<Omit<ReferrerDiscovery, 'cosignTags'>> {
  const [fromApi, tagged] = await Promise.all([
    askReferrersApi(context, subject, artifactType, signal),
    fetchManifest(context, fallbackTag(subject), { signal }),
  ])
  if (fromApi.answer === 'denied' && tagged === undefined) {
    // Nothing but refusals and "not there" so far: only who may read the repository may call that an empty list.
    const isReadable =
      (await fetchManifest(context, subject, { signal })) !== undefined ||
      (await findTagList(context, signal)) !== undefined
    if (!isReadable) throw fromApi.denial
  }
  const fromTag =
    tagged !== undefined && isFallbackIndex(tagged.raw, subject) ? listedDigests(tagged.raw.bytes) : undefined
  const { referrers, rejected } = await verifyReferrers(
    subject,
    [
      ...fromApi.digests.map((digest) => ({ digest, mechanism: 'referrers-api' as const })),
      ...(fromTag ?? []).map((digest) => ({ digest, mechanism: 'fallback-tag' as const })),
    ],
    (digest, inner) => getManifest(context, digest, { signal: inner }),
    signal,
  )
  return {
    subject,
    referrers,
    rejected,
    referrersApi: fromApi.answer,
    fallbackTag:
      tagged === undefined
        ? 'missing'
        : fromTag === undefined || listsOnlyImages(fromTag, rejected)
          ? 'foreign'
          : 'index',
  }
}

/** Whether the entries of an index are all manifests that refer to nothing: then it is an image, not a list. */
function listsOnlyImages(entries: readonly Digest[], rejected: readonly RejectedReferrer[]): boolean {
  const images = new Set(
    rejected.filter(({ reason }) => reason === 'names-no-subject').map(({ digest }) => digest),
  )
  return entries.length > 0 && entries.every((digest) => images.has(digest))
}

async function askReferrersApi(
  context: RegistryContext,
  subject: Digest,
  artifactType: string | undefined,
  signal: AbortSignal | undefined,
): Promise<ReferrersApiAnswer> {
  const measured = context.capabilities.of(context.name)
  if (measured?.referrersApi.answer === 'no') return { answer: 'missing', digests: [] }
  // Some registries know another type of a manifest than the manifest itself does, and filtering by it would hide it.
  const filter = measured?.referrersFilter.answer === 'yes' ? artifactType : undefined
  return readReferrersApi(context, subject, { artifactType: filter, signal })
}

/**
 * Whether the referrers API lists the digest that was just pushed. Registries have acknowledged a subject while having
 * no list. A list that lags behind is asked a second time.
 */
export async function isListedByApi(
  context: RegistryContext,
  subject: Digest,
  referrer: Digest,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const measured = context.capabilities.of(context.name)
  if (measured?.referrersListed.answer === 'yes') return true
  if (measured?.referrersApi.answer === 'no') return false
  for (let look = 1; ; look++) {
    const { answer, digests } = await readReferrersApi(context, subject, { signal })
    if (digests.includes(referrer)) return true
    if (answer !== 'listed' || look === 2) return false
    await context.patience.settle(context.patience.settleMs, signal)
  }
}

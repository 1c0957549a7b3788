import type { BlobOptions, Descriptor, Digest, RawManifest } from '@sallyport/core'
import { findCosignTags } from '../referrers/cosign-tags.ts'
import { isFallbackIndex } from '../referrers/fallback-index.ts'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import { keepManifests } from '../referrers/kept-manifests.ts'
import { OciError } from '../errors.ts'
import { type ListEntry, listedEntries, verifyReferrers } from '../referrers/verify-referrers.ts'
import type {
  ListedReferrer,
  ListReferrerEntriesOptions,
  ListReferrersOptions,
  ReferrerDiscovery,
  ReferrerListing,
  ReferrerMechanism,
  RejectedReferrer,
} from '../ports/repository.ts'
import { readReferrersApi, type ReferrersApiAnswer } from './read-referrers-api.ts'
import type { RegistryContext } from './registry-context.ts'
import { fetchManifest, getManifest } from './registry-manifests.ts'
import { findTagList } from './find-tag-list.ts'

const noApi: ReferrersApiAnswer = { answer: 'missing', entries: [], complete: true }
/** Most entries of a fallback list that are handed out. */
const maxFallbackEntries = 10_000

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

/** What the referrers API and the fallback tag say, unread. */
export async function listReferrerEntries(
  context: RegistryContext,
  subject: Digest,
  { findFallback, skipApi = false, signal }: ListReferrerEntriesOptions = {},
): Promise<ReferrerListing> {
  const { fromApi, fromTag = [] } = await readLists(context, subject, { findFallback, skipApi, signal })
  const entries = new Map<Digest, ListedReferrer>()
  const add = (entry: ListEntry, mechanism: ReferrerMechanism): void => {
    if (!entries.has(entry.digest)) entries.set(entry.digest, { ...entry, mechanism })
  }
  for (const entry of fromApi.entries) add(entry, 'referrers-api')
  for (const entry of fromTag.slice(0, maxFallbackEntries)) add(entry, 'fallback-tag')
  return {
    subject,
    entries: [...entries.values()],
    complete: fromApi.complete && fromTag.length <= maxFallbackEntries,
    referrersApi: fromApi.answer,
  }
}

/** Both lists, as they stand there. */
async function readLists(
  context: RegistryContext,
  subject: Digest,
  {
    artifactType,
    findFallback = async () => (await fetchManifest(context, fallbackTag(subject), { signal }))?.raw,
    skipApi = false,
    signal,
  }: ListReferrersOptions & ListReferrerEntriesOptions,
): Promise<{ fromApi: ReferrersApiAnswer; isTagged: boolean; fromTag: readonly ListEntry[] | undefined }> {
  const [fromApi, tagged] = await Promise.all([
    skipApi ? noApi : askReferrersApi(context, subject, artifactType, signal),
    findFallback(signal),
  ])
  if (fromApi.answer === 'denied' && tagged === undefined) {
    // Nothing but refusals and "not there" so far: only who may read the repository may call that an empty list.
    const isReadable =
      (await fetchManifest(context, subject, { signal })) !== undefined ||
      (await findTagList(context, signal)) !== undefined
    if (!isReadable) throw fromApi.denial
  }
  const fromTag =
    tagged !== undefined && isFallbackIndex(tagged, subject) ? listedEntries(tagged.bytes) : undefined
  return { fromApi, isTagged: tagged !== undefined, fromTag }
}

async function listVerified(
  context: RegistryContext,
  subject: Digest,
  { artifactType, signal }: ListReferrersOptions,
): Promise<Omit<ReferrerDiscovery, 'cosignTags'>> {
  const { fromApi, isTagged, fromTag } = await readLists(context, subject, { artifactType, signal })
  if (!fromApi.complete) {
    throw new OciError(
      'LIMIT_EXCEEDED',
      `${context.name}: the list of referrers of ${subject} is too long or does not end`,
      { reference: context.name },
    )
  }
  const { referrers, rejected } = await verifyReferrers(
    subject,
    [
      ...fromApi.entries.map(({ digest }) => ({ digest, mechanism: 'referrers-api' as const })),
      ...(fromTag ?? []).map(({ digest }) => ({ digest, mechanism: 'fallback-tag' as const })),
    ],
    (digest, inner) => getManifest(context, digest, { signal: inner }),
    signal,
  )
  return {
    subject,
    referrers,
    rejected,
    referrersApi: fromApi.answer,
    fallbackTag: !isTagged
      ? 'missing'
      : fromTag === undefined || listsOnlyImages(fromTag, rejected)
        ? 'foreign'
        : 'index',
  }
}

/** Whether the entries of an index are all manifests that refer to nothing: then it is an image, not a list. */
function listsOnlyImages(entries: readonly ListEntry[], rejected: readonly RejectedReferrer[]): boolean {
  const images = new Set(
    rejected.filter(({ reason }) => reason === 'names-no-subject').map(({ digest }) => digest),
  )
  return entries.length > 0 && entries.every(({ digest }) => images.has(digest))
}

async function askReferrersApi(
  context: RegistryContext,
  subject: Digest,
  artifactType: string | undefined,
  signal: AbortSignal | undefined,
): Promise<ReferrersApiAnswer> {
  const measured = context.capabilities.of(context.name)
  if (measured?.referrersApi.answer === 'no') return noApi
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
    const { answer, entries, complete } = await readReferrersApi(context, subject, { signal })
    // A list too long to read is one that the registry keeps.
    if (!complete || entries.some(({ digest }) => digest === referrer)) return true
    if (answer !== 'listed' || look === 2) return false
    await context.patience.settle(context.patience.settleMs, signal)
  }
}

import type { BlobOptions, Descriptor, Digest } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { findCosignTags } from '../referrers/cosign-tags.ts'
import { isFallbackIndex } from '../referrers/fallback-index.ts'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import { listedDigests, verifyReferrers } from '../referrers/verify-referrers.ts'
import { nextPage } from '../http/parse-link.ts'
import type { ListReferrersOptions, ReferrerDiscovery } from '../ports/repository.ts'
import { callAndRead, type RegistryContext } from './registry-context.ts'
import { fetchManifest, getManifest, headManifest } from './registry-manifests.ts'

const maxPages = 100
const maxListBytes = 8 * 1024 * 1024
const maxListed = 10_000

/** The verified referrers of a digest, from the referrers API, the fallback tag and cosign's tags together. */
export async function discoverReferrers(
  context: RegistryContext,
  subject: Digest,
  { signal }: BlobOptions = {},
): Promise<ReferrerDiscovery> {
  const [api, cosignTags] = await Promise.all([
    listVerified(context, subject, signal),
    findCosignTags(subject, (tag) => headManifest(context, tag, { signal })),
  ])
  return { ...api, cosignTags }
}

/** The verified referrers of a digest, from the referrers API and the fallback tag together. */
export async function listReferrers(
  context: RegistryContext,
  subject: Digest,
  { artifactType, signal }: ListReferrersOptions = {},
): Promise<readonly Descriptor[]> {
  const { referrers } = await listVerified(context, subject, signal)
  return referrers
    .map(({ descriptor }) => descriptor)
    .filter((descriptor) => artifactType === undefined || descriptor.artifactType === artifactType)
}

async function listVerified(
  context: RegistryContext,
  subject: Digest,
  signal: AbortSignal | undefined,
): Promise<Omit<ReferrerDiscovery, 'cosignTags'>> {
  const [fromApi, tagged] = await Promise.all([
    askReferrersApi(context, subject, signal),
    fetchManifest(context, fallbackTag(subject), { signal }),
  ])
  const fromTag =
    tagged !== undefined && isFallbackIndex(tagged.raw, subject) ? listedDigests(tagged.raw.bytes) : undefined
  const verified = await verifyReferrers(
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
    ...verified,
    referrersApi: fromApi.answer,
    fallbackTag: tagged === undefined ? 'missing' : fromTag === undefined ? 'foreign' : 'index',
  }
}

/** What the referrers API lists, over all its pages. */
async function askReferrersApi(
  context: RegistryContext,
  subject: Digest,
  signal: AbortSignal | undefined,
): Promise<{ readonly answer: ReferrerDiscovery['referrersApi']; readonly digests: readonly Digest[] }> {
  const listed: Digest[] = []
  let to: string | URL = `referrers/${subject}`
  for (let page = 1; ; page++) {
    const { answer, bytes } = await callAndRead(
      context,
      {
        method: 'GET',
        to,
        access: 'pull',
        action: `list the referrers of ${subject}`,
        expect: [200, 404, 405, 501],
        headers: { accept: 'application/vnd.oci.image.index.v1+json' },
        signal,
      },
      maxListBytes,
    )
    if (answer.status !== 200) return { answer: page === 1 ? 'missing' : 'unusable', digests: listed }
    const digests = listedDigests(bytes)
    // Behind a proxy a path that does not exist may end at a login page with status 200.
    if (digests === undefined) return { answer: 'unusable', digests: listed }
    listed.push(...digests)
    const next = nextPage(answer.headers('link'), answer.url)
    if (next === undefined) return { answer: 'listed', digests: listed }
    if (page >= maxPages || listed.length > maxListed) {
      throw new OciError(
        'LIMIT_EXCEEDED',
        `${context.name}: the list of referrers of ${subject} does not end`,
        {
          reference: context.name,
        },
      )
    }
    to = next
  }
}

/** Whether the referrers API lists the digest. Registries have acknowledged a subject while having no list. */
export async function isListedByApi(
  context: RegistryContext,
  subject: Digest,
  referrer: Digest,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  return (await askReferrersApi(context, subject, signal)).digests.includes(referrer)
}

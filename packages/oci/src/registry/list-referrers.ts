import type { Descriptor, Digest } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { isFallbackIndex } from '../referrers/fallback-index.ts'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import { listedDigests, verifyReferrers } from '../referrers/verify-referrers.ts'
import { nextPage } from '../http/parse-link.ts'
import type { ListReferrersOptions } from '../ports/repository.ts'
import { callAndRead, type RegistryContext } from './registry-context.ts'
import { fetchManifest, getManifest } from './registry-manifests.ts'

const maxPages = 100
const maxListBytes = 8 * 1024 * 1024
const maxListed = 10_000

/** The verified referrers of a digest, from the referrers API and the fallback tag together. */
export async function listReferrers(
  context: RegistryContext,
  subject: Digest,
  options: ListReferrersOptions = {},
): Promise<readonly Descriptor[]> {
  const { signal } = options
  const fromApi = (await askReferrersApi(context, subject, signal)) ?? []
  const tagged = await fetchManifest(context, fallbackTag(subject), { signal })
  const fromTag =
    tagged !== undefined && isFallbackIndex(tagged.raw, subject)
      ? (listedDigests(tagged.raw.bytes) ?? [])
      : []
  return verifyReferrers(
    subject,
    [...fromApi, ...fromTag],
    (digest, inner) => getManifest(context, digest, { signal: inner }),
    options,
  )
}

/** What the referrers API lists, over all its pages; `undefined` when the registry has no such API. */
async function askReferrersApi(
  context: RegistryContext,
  subject: Digest,
  signal: AbortSignal | undefined,
): Promise<readonly Digest[] | undefined> {
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
    if (answer.status !== 200) return page === 1 ? undefined : listed
    const digests = listedDigests(bytes)
    // Behind a proxy a path that does not exist may end at a login page with status 200.
    if (digests === undefined) return page === 1 ? undefined : listed
    listed.push(...digests)
    const next = nextPage(answer.headers('link'), answer.url)
    if (next === undefined) return listed
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
  return (await askReferrersApi(context, subject, signal))?.includes(referrer) ?? false
}

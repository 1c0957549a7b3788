import type { BlobOptions, Descriptor, Digest } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { addToFallbackIndex, isFallbackIndex, listsReferrer } from '../referrers/fallback-index.ts'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import { listedDigests, verifyReferrers } from '../referrers/verify-referrers.ts'
import { nextPage } from '../http/parse-link.ts'
import type { ListReferrersOptions } from '../ports/repository.ts'
import { callAndRead, type RegistryContext } from './registry-context.ts'
import { fetchManifest, getManifest, pushManifest } from './registry-manifests.ts'

const maxPages = 100
const maxListBytes = 8 * 1024 * 1024
const maxListed = 10_000
/** Tries to write the list against other writers. */
const maxWrites = 20

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

/**
 * Makes a stored manifest known as a referrer where the registry does not do so itself. Registries have claimed to
 * (`OCI-Subject`) while having no list, so a claim is checked by looking at the list.
 */
export async function attachReferrer(
  context: RegistryContext,
  subject: Digest,
  referrer: Descriptor,
  acknowledged: boolean,
  { signal }: BlobOptions = {},
): Promise<void> {
  if (acknowledged && (await askReferrersApi(context, subject, signal))?.includes(referrer.digest)) return
  const tag = fallbackTag(subject)
  for (let write = 1; ; write++) {
    await context.locks.run(`${context.name}:${tag}`, () =>
      updateFallbackTag(context, tag, subject, referrer, signal),
    )
    // Where the registry does not honour If-Match, a writer that read before us may write after us: look twice.
    if ((await isListed()) && (await settledAndListed())) return
    if (write >= maxWrites) {
      throw new OciError(
        'TAG_CONFLICT',
        `${context.name}:${tag}: other writers keep removing ${referrer.digest}`,
        {
          reference: context.name,
          retryable: true,
        },
      )
    }
  }

  async function isListed(): Promise<boolean> {
    const read = await fetchManifest(context, tag, { signal })
    return listsReferrer(read?.raw, subject, referrer.digest)
  }

  async function settledAndListed(): Promise<boolean> {
    await context.patience.settle(signal)
    return isListed()
  }
}

async function updateFallbackTag(
  context: RegistryContext,
  tag: string,
  subject: Digest,
  referrer: Descriptor,
  signal: AbortSignal | undefined,
): Promise<void> {
  let refusedAt: string | undefined
  for (let attempt = 1; attempt <= maxWrites; attempt++) {
    const current = await fetchManifest(context, tag, { signal })
    const updated = addToFallbackIndex(current?.raw, subject, referrer)
    if (updated === undefined) return
    const version = current?.etag ?? (current === undefined ? 'none' : 'unknown')
    // A registry that refuses a condition which holds does not understand it: then it is left out.
    const condition = refusedAt === version ? {} : conditionOf(current)
    const outcome = await pushManifest(context, updated, tag, condition, signal)
    if (outcome.type === 'stored') return
    refusedAt = version
    await context.patience.backOff(attempt, signal)
  }
  throw new OciError('TAG_CONFLICT', `${context.name}:${tag}: other writers were always faster`, {
    reference: context.name,
    retryable: true,
  })
}

function conditionOf(current: { readonly etag: string | undefined } | undefined): Record<string, string> {
  if (current === undefined) return { 'if-none-match': '*' }
  return current.etag === undefined ? {} : { 'if-match': current.etag }
}

import type { BlobOptions, Descriptor, Digest } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { addToFallbackIndex, listsReferrer } from '../referrers/fallback-index.ts'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import type { RegistryContext } from './registry-context.ts'
import { fetchManifest, pushManifest } from './registry-manifests.ts'

/** Tries to write the list against other writers. */
const maxWrites = 20

/**
 * Lists a stored manifest as a referrer under the subject's fallback tag, for registries that don't do so themselves.
 * Safe against other writers: by `If-Match` where it is honoured, else by reading back and merging again.
 */
export async function attachByFallbackTag(
  context: RegistryContext,
  subject: Digest,
  referrer: Descriptor,
  { signal }: BlobOptions = {},
): Promise<void> {
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

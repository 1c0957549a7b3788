import { type BlobOptions, type Digest, isDigest, parseDigest } from '@sallyport/core'
import { statusError } from '../http/http-error.ts'
import { OciError } from '../errors.ts'
import { printable } from '../internal/printable.ts'
import { isTag } from '../reference/parse-reference.ts'
import { fallbackEntries, isFallbackIndex } from '../referrers/fallback-index.ts'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import { describeReferrer } from '../referrers/verify-referrers.ts'
import { callAndRead, type RegistryContext } from './registry-context.ts'
import { fetchManifest } from './registry-manifests.ts'
import { changeFallbackList } from './update-fallback-list.ts'

/** What a delete found: something to delete, or nothing. */
export type DeleteOutcome = 'deleted' | 'missing'

const maxErrorBytes = 64 * 1024

/** Deletes a tag; its manifest stays. */
export async function deleteTag(
  context: RegistryContext,
  tag: string,
  { signal }: BlobOptions = {},
): Promise<DeleteOutcome> {
  if (!isTag(tag)) {
    throw new OciError('REFERENCE_INVALID', `${context.name}: not a tag: "${printable(tag, 140)}"`, {
      reference: context.name,
    })
  }
  // 400: registries that take only digests here call a tag an invalid one.
  return remove(context, `manifests/${tag}`, `delete tag ${tag}`, [400, 405, 501], signal)
}

/**
 * Deletes a manifest and with it all its tags. A referrer is also taken out of its subject's fallback list ("Deleting
 * Manifests"): after the deletion, so that another writer can't bring an entry back whose manifest is still there. A
 * list that has become empty stays, and so do the manifest's own referrers.
 */
export async function deleteManifest(
  context: RegistryContext,
  digest: Digest,
  { signal }: BlobOptions = {},
): Promise<DeleteOutcome> {
  if (!isDigest(digest)) {
    throw new OciError(
      'REFERENCE_INVALID',
      `${context.name}: not a digest: "${printable(String(digest), 140)}"`,
      {
        reference: context.name,
      },
    )
  }
  const subject = await subjectOf(context, digest, signal)
  const outcome = await remove(
    context,
    `manifests/${digest}`,
    `delete manifest ${digest}`,
    [405, 501],
    signal,
  )
  if (subject === undefined) return outcome
  const listed = await fetchManifest(context, fallbackTag(subject), { signal })
  if (
    listed !== undefined &&
    isFallbackIndex(listed.raw, subject) &&
    fallbackEntries(listed.raw).has(digest)
  ) {
    await changeFallbackList(context, subject, { type: 'remove', digest }, signal)
  }
  return outcome
}

/** Deletes a blob. Manifests that use it are left without it. */
export async function deleteBlob(
  context: RegistryContext,
  digest: Digest,
  { signal }: BlobOptions = {},
): Promise<DeleteOutcome> {
  return remove(context, `blobs/${parseDigest(digest)}`, `delete blob ${digest}`, [405, 501], signal)
}

/** The subject of a stored manifest; one that can't be read has none that we could care for. */
async function subjectOf(
  context: RegistryContext,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<Digest | undefined> {
  try {
    const stored = await fetchManifest(context, digest, { signal })
    return stored === undefined ? undefined : describeReferrer(stored.raw).subject?.digest
  } catch (error) {
    if (error instanceof OciError && error.code.startsWith('MANIFEST_')) return undefined
    throw error
  }
}

async function remove(
  context: RegistryContext,
  to: string,
  action: string,
  unsupported: readonly number[],
  signal: AbortSignal | undefined,
): Promise<DeleteOutcome> {
  const { answer, bytes } = await callAndRead(
    context,
    {
      method: 'DELETE',
      to,
      access: 'delete',
      action,
      expect: [200, 202, 204, 404, 409, 412, ...unsupported],
      signal,
    },
    maxErrorBytes,
  )
  if (answer.status === 404) return 'missing'
  if (answer.status < 300) return 'deleted'
  const cause = statusError(answer.status, new TextDecoder().decode(bytes), {
    action,
    reference: context.name,
    notFound: 'REGISTRY_ERROR',
  })
  const { status } = answer
  const options = { status, reference: context.name, cause }
  if (status === 409 || status === 412) {
    throw new OciError(
      'TAG_CONFLICT',
      `${cause.message}; an immutable tag or a manifest in use can't be deleted`,
      options,
    )
  }
  throw new OciError('UNSUPPORTED', `${cause.message}; this registry does not delete that way`, options)
}

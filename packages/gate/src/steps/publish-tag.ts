import { type Digest, isSallyportError, type RawManifest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { GateError } from '../errors.ts'

/** Options of {@link publishTag}. */
export interface PublishTagOptions {
  /** Tag to be moved. */
  readonly tag: string
  /** What the tag pointed to when the promotion began; `undefined` when there was no such tag. */
  readonly expected: Digest | undefined
  /** Throws when the tag may not be moved; not asked when it is there already. */
  readonly beforeMove?: (() => Promise<void>) | undefined
  /** Ends the work before the tag is written; the promise rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Moves a tag from the digest it is expected at to a new one, and reads it back. Resolves with whether it moved.
 *
 * @throws {GateError} `TAG_CONFLICT` when the tag is, or ends up, at a third digest: someone else moved it meanwhile.
 */
export async function publishTag(
  target: Repository,
  manifest: RawManifest,
  { tag, expected, beforeMove, signal }: PublishTagOptions,
): Promise<boolean> {
  const present = await target.findManifest(tag, { signal })
  if (isSame(present, manifest)) return false
  const current = present?.descriptor.digest
  if (current !== expected) throw conflict(target, tag, expected, current)

  await beforeMove?.()
  try {
    // Between the look and the move somebody else may be faster; the registry knows best.
    // Looked at right after it, so that it need not look itself.
    await target.putManifest(manifest, { tag, expected: expected ?? 'absent', settle: false, signal })
  } catch (cause) {
    if (!isSallyportError(cause) || cause.code !== 'TAG_CONFLICT') throw cause
    const now = await target.findManifest(tag, { signal })
    // It did not move, and nobody moved it: it is immutable, or the like.
    if (now?.descriptor.digest === expected) throw cause
    if (!isSame(now, manifest)) throw conflict(target, tag, expected, now?.descriptor.digest)
  }
  const published = await target.findManifest(tag, { signal })
  if (!isSame(published, manifest)) {
    throw conflict(target, tag, manifest.descriptor.digest, published?.descriptor.digest)
  }
  return true
}

/** By bytes: one may be known by its sha256 and the other by its sha512 digest. */
function isSame(found: RawManifest | undefined, wanted: RawManifest): boolean {
  return found !== undefined && Buffer.compare(found.bytes, wanted.bytes) === 0
}

function conflict(
  target: Repository,
  tag: string,
  expected: Digest | undefined,
  actual: Digest | undefined,
): GateError {
  return new GateError(
    'TAG_CONFLICT',
    `${target.name}:${tag} is at ${actual ?? 'no digest'}, expected ${expected ?? 'none'}: someone else moved it; promote again`,
    { step: 'publish', side: 'target', retryable: true },
  )
}

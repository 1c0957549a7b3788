import { type Digest, isSallyportError, type RawManifest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { GateError } from '../errors.ts'

/** Options of {@link publishTag}. */
export interface PublishTagOptions {
  readonly tag: string
  /** What the tag pointed to when the promotion began; `undefined` when there was no such tag. */
  readonly expected: Digest | undefined
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
  { tag, expected, signal }: PublishTagOptions,
): Promise<boolean> {
  const wanted = manifest.descriptor.digest
  const current = (await target.findManifest(tag, { signal }))?.descriptor.digest
  if (current === wanted) return false
  if (current !== expected) throw conflict(target, tag, expected, current)

  try {
    // Between the look and the move somebody else may be faster; the registry knows best.
    await target.putManifest(manifest, { tag, expected: expected ?? 'absent', signal })
  } catch (cause) {
    if (!isSallyportError(cause) || cause.code !== 'TAG_CONFLICT') throw cause
    const now = (await target.findManifest(tag, { signal }))?.descriptor.digest
    // It did not move, and nobody moved it: it is immutable, or the like.
    if (now === expected) throw cause
    if (now !== wanted) throw conflict(target, tag, expected, now)
  }
  const published = (await target.findManifest(tag, { signal }))?.descriptor.digest
  if (published !== wanted) throw conflict(target, tag, wanted, published)
  return true
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

import { type Digest, digestAlgorithm, digestOf, type RawManifest } from '@sallyport/core'
import { OciError } from '../errors.ts'
import type { PutManifestOptions } from '../ports/repository.ts'

/**
 * Checks that a tag is where its mover expects it.
 *
 * @throws {OciError} `TAG_CONFLICT` when it is not.
 */
export function checkExpected(
  name: string,
  tag: string,
  current: Digest | undefined,
  expected: PutManifestOptions['expected'],
): void {
  if (expected === undefined || (current ?? 'absent') === expected) return
  throw new OciError(
    'TAG_CONFLICT',
    `${name}:${tag} is at ${current ?? 'no digest'}, expected ${expected === 'absent' ? 'no such tag' : expected}`,
    { reference: `${name}:${tag}`, retryable: false },
  )
}

/** Whether a manifest has the digest; one that was read by tag is known by its sha256 digest only. */
export function hasDigest(raw: RawManifest | undefined, digest: Digest): boolean {
  if (raw === undefined) return false
  return raw.descriptor.digest === digest || digestOf(raw.bytes, digestAlgorithm(digest)) === digest
}

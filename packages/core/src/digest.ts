import { createHash, type Hash } from 'node:crypto'
import { CoreError } from './errors.ts'

/** Hash algorithms that content may be addressed by (OCI image specification, descriptor.md, "Registered algorithms"). */
export type DigestAlgorithm = 'sha256' | 'sha512'

/** A content digest, `algorithm:hex` in lower case. */
export type Digest = `${DigestAlgorithm}:${string}`

const pattern = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/

/** Whether `value` is a digest of a registered algorithm with the right number of lower-case hex digits. */
export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && pattern.test(value)
}

/**
 * Returns `value` as a {@link Digest}.
 *
 * @throws {CoreError} `DIGEST_INVALID` when it is not one.
 */
export function parseDigest(value: string): Digest {
  if (isDigest(value)) return value
  throw new CoreError(
    'DIGEST_INVALID',
    `not a sha256 or sha512 digest: ${JSON.stringify(value.slice(0, 160))}`,
  )
}

/** The algorithm of a digest. */
export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha256:') ? 'sha256' : 'sha512'
}

/** The hex part of a digest. */
export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1)
}

/** Digest of bytes, or of a string's UTF-8 form. */
export function digestOf(content: Uint8Array | string, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return toDigest(createHash(algorithm).update(content), algorithm)
}

/** Ends a running hash of that algorithm and names its digest. */
export function toDigest(hash: Hash, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return `${algorithm}:${hash.digest('hex')}`
}

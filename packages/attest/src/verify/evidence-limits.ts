import { AttestError } from '../errors.ts'

/** What reading evidence may cost; junk beyond it is reported as rejected, never read. */
export interface EvidenceLimits {
  /** Candidates looked at in each store (referrers, `.sig`, `.att`). Default 1000. */
  readonly maxCandidates?: number | undefined
  /** Largest bundle, envelope or payload, in bytes. Default 32 MiB: SBOMs may be large. */
  readonly maxBlobBytes?: number | undefined
  /** All of them together with the manifests of referrers, small ones first, in bytes. Default 256 MiB. */
  readonly maxTotalBytes?: number | undefined
  /** Time for one candidate, in milliseconds. Default 15,000. */
  readonly maxCandidateMs?: number | undefined
  /** Time for all of them, in milliseconds. Default 60,000. */
  readonly maxTotalMs?: number | undefined
}

/** {@link EvidenceLimits} with its defaults. */
export type ResolvedLimits = { readonly [limit in keyof EvidenceLimits]-?: number }

/**
 * Puts the defaults in.
 *
 * @throws {AttestError} `TRUST_INVALID` when a limit is no number from 0: it would limit nothing.
 */
export function resolveLimits({
  maxCandidates = 1000,
  maxBlobBytes = 32 * 1024 * 1024,
  maxTotalBytes = 256 * 1024 * 1024,
  maxCandidateMs = 15_000,
  maxTotalMs = 60_000,
}: EvidenceLimits = {}): ResolvedLimits {
  const limits = { maxCandidates, maxBlobBytes, maxTotalBytes, maxCandidateMs, maxTotalMs }
  for (const [name, limit] of Object.entries(limits)) {
    if (!(limit >= 0))
      throw new AttestError('TRUST_INVALID', `the limit ${name} is ${limit}, not a number from 0`)
  }
  return limits
}

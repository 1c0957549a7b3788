/** What reading evidence may cost; junk beyond it is reported as rejected, never read. */
export interface EvidenceLimits {
  /** Candidates looked at in each store (referrers, `.sig`, `.att`). Default 1000. */
  readonly maxCandidates?: number | undefined
  /** Largest bundle, envelope or payload, in bytes. Default 32 MiB: SBOMs may be large. */
  readonly maxBlobBytes?: number | undefined
  /** All of them together, smallest first, in bytes. Default 256 MiB. */
  readonly maxTotalBytes?: number | undefined
}

/** {@link EvidenceLimits} with its defaults. */
export function resolveLimits({
  maxCandidates = 1000,
  maxBlobBytes = 32 * 1024 * 1024,
  maxTotalBytes = 256 * 1024 * 1024,
}: EvidenceLimits = {}): { maxCandidates: number; maxBlobBytes: number; maxTotalBytes: number } {
  return { maxCandidates, maxBlobBytes, maxTotalBytes }
}

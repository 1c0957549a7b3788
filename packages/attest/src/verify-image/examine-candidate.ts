import type { Digest } from '@sallyport/core'
import type { Candidate } from '../verify/candidate.ts'
import type { VerifiedEvidence } from '../verify/evidence.ts'
import { openCandidate } from '../verify/open-candidate.ts'
import { Rejection, toRejection } from '../verify/rejection.ts'
import { verifyOpened } from '../verify/verify-candidate.ts'
import { type CachedOutcome, outcomeKey, parseOutcome, serializeOutcome } from './cached-outcome.ts'
import type { VerificationBasis } from './verification-basis.ts'
import type { VerificationCache } from './verification-cache.ts'

/** A candidate in the course of verifying an image. */
export interface CandidateInquiry {
  readonly candidate: Candidate
  /** What it must be about. */
  readonly subject: Digest
  /** Reads the blob; not called when the cache knows enough. */
  readonly read: () => Promise<Uint8Array>
  /** Whether anything still needs evidence of this type. */
  readonly isNeeded: (predicateType: string) => boolean
}

/** What became of a candidate that was not rejected. */
export type Examination =
  | { readonly state: 'verified'; readonly evidence: VerifiedEvidence }
  /** Its signature was not looked at. */
  | { readonly state: 'unneeded'; readonly predicateType: string }

/** What examining takes. */
export interface ExaminerOptions {
  readonly basis: VerificationBasis
  readonly cache?: VerificationCache | undefined
  readonly negativeTtlMs: number
  /** Told when the cache fails; then everything is verified anew. */
  readonly onCacheFailure: () => void
}

/** Verifies a candidate, or remembers what verifying it found. */
export type ExamineCandidate = (inquiry: CandidateInquiry) => Promise<Examination>

/**
 * Makes an examination that looks into the cache first. Kept is only what follows from the candidate, its subject and the
 * trust alone: no failure to read, nothing that changes with the clock. It throws a {@link Rejection} with the reason why
 * a candidate does not count, or what kept the registry from answering.
 */
export function createExamination({
  basis,
  cache,
  negativeTtlMs,
  onCacheFailure,
}: ExaminerOptions): ExamineCandidate {
  async function recall(key: string): Promise<CachedOutcome | undefined> {
    try {
      const text = await cache?.get(key)
      return text === undefined ? undefined : parseOutcome(key, text)
    } catch {
      onCacheFailure()
      return undefined
    }
  }

  async function remember(key: string, outcome: CachedOutcome): Promise<void> {
    try {
      const ttlMs = outcome.state === 'rejected' ? negativeTtlMs : undefined
      await cache?.set(key, serializeOutcome(key, outcome), { ttlMs })
    } catch {
      onCacheFailure()
    }
  }

  return async ({ candidate, subject, read, isNeeded }) => {
    const key = outcomeKey(candidate, subject, basis.digest)
    const cached = cache === undefined ? undefined : await recall(key)
    if (cached?.state === 'rejected') throw new Rejection(cached.reason, cached.message)
    if (cached?.state === 'unneeded' && !isNeeded(cached.predicateType)) return cached
    if (cached?.state === 'verified') {
      const statement =
        cached.evidence.statement ?? openCandidate(candidate, await read(), { withMaterial: false }).statement
      return { state: 'verified', evidence: { ...cached.evidence, ...placeOf(candidate), statement } }
    }
    const bytes = await read()
    let examination: Examination
    try {
      examination = verify(candidate, subject, bytes, isNeeded, basis)
    } catch (error) {
      const { reason, message } = toRejection(error, 'bundle-invalid')
      await remember(key, { state: 'rejected', reason, message })
      throw error
    }
    if (isLasting(examination)) await remember(key, examination)
    return examination
  }
}

/** The cheap questions first: form, and whether anybody needs what it says it is. */
function verify(
  candidate: Candidate,
  subject: Digest,
  bytes: Uint8Array,
  isNeeded: CandidateInquiry['isNeeded'],
  { trust }: VerificationBasis,
): Examination {
  const opened = openCandidate(candidate, bytes, { withMaterial: trust.root !== undefined })
  const { predicateType } = opened.statement
  if (!isNeeded(predicateType)) return { state: 'unneeded', predicateType }
  return { state: 'verified', evidence: verifyOpened(candidate, opened, subject, trust) }
}

/** A log entry without any time is judged by the validity of its log now, which ends some day. */
function isLasting(examination: Examination): boolean {
  if (examination.state !== 'verified') return true
  const { times, logEntries } = examination.evidence
  return times.length > 0 || logEntries.length === 0
}

function placeOf({
  store,
  manifest,
  blob,
}: Candidate): Pick<VerifiedEvidence, 'store' | 'manifest' | 'blob'> {
  return { store, manifest, blob: blob.digest }
}

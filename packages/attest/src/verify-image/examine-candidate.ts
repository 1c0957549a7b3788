import { type Digest, isSallyportError } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { readBlob } from '../internal/read-blob.ts'
import { parseStatement } from '../statement/parse-statement.ts'
import type { Statement } from '../statement/statement.ts'
import { parseSimpleSigning } from '../storage/simple-signing.ts'
import type { Candidate } from '../verify/candidate.ts'
import type { RejectionReason, VerifiedEvidence } from '../verify/evidence.ts'
import { openBundle, openEnvelope } from '../verify/open-envelope.ts'
import { toRejection } from '../verify/rejection.ts'
import { verifyCandidate } from '../verify/verify-candidate.ts'
import { type CachedOutcome, outcomeKey, parseOutcome, serializeOutcome } from './cached-outcome.ts'
import type { VerificationBasis } from './verification-basis.ts'
import type { VerificationCache } from './verification-cache.ts'

/** A candidate and what it is supposed to be about. */
export interface SubjectCandidate extends Candidate {
  readonly subject: Digest
}

/** What became of a candidate. */
export type Examination =
  | { readonly state: 'verified'; readonly evidence: VerifiedEvidence }
  | { readonly state: 'rejected'; readonly reason: RejectionReason; readonly message: string }
  | { readonly state: 'unneeded'; readonly predicateType: string }
  /** The registry gave no answer: it may be good. */
  | { readonly state: 'unreadable'; readonly message: string }

/** What examining takes. */
export interface ExaminerOptions {
  readonly basis: VerificationBasis
  readonly maxBlobBytes: number
  readonly cache?: VerificationCache | undefined
  readonly negativeTtlMs: number
  readonly signal?: AbortSignal | undefined
  /** Told when the cache fails; then everything is verified anew. */
  readonly onCacheFailure: () => void
}

/** Examines candidates in two steps: what has to be waited for, then what costs work, which is often not needed any more. */
export interface CandidateExaminer {
  load(candidate: SubjectCandidate, isNeeded: (predicateType: string) => boolean): Promise<LoadedCandidate>
  examine(loaded: LoadedCandidate, isNeeded: (predicateType: string) => boolean): Promise<Examination>
}

/** A candidate whose bytes, or whose outcome, is there. */
export interface LoadedCandidate {
  readonly candidate: SubjectCandidate
  readonly cached?: CachedOutcome | undefined
  readonly bytes?: Uint8Array | undefined
  readonly failure?: Examination | undefined
}

/** Creates an examiner for one repository. */
export function createCandidateExaminer(
  repository: Repository,
  { basis, maxBlobBytes, cache, negativeTtlMs, signal, onCacheFailure }: ExaminerOptions,
): CandidateExaminer {
  async function recall(candidate: SubjectCandidate): Promise<CachedOutcome | undefined> {
    if (cache === undefined) return undefined
    try {
      const text = await cache.get(outcomeKey(candidate, candidate.subject, basis.digest))
      return text === undefined ? undefined : parseOutcome(text)
    } catch {
      onCacheFailure()
      return undefined
    }
  }

  async function remember(candidate: SubjectCandidate, outcome: CachedOutcome): Promise<void> {
    if (cache === undefined) return
    try {
      const key = outcomeKey(candidate, candidate.subject, basis.digest)
      const ttlMs = outcome.state === 'rejected' ? negativeTtlMs : undefined
      await cache.set(key, serializeOutcome(outcome), { ttlMs })
    } catch {
      onCacheFailure()
    }
  }

  return {
    async load(candidate, isNeeded) {
      const cached = await recall(candidate)
      if (cached !== undefined && !needsBytes(cached, isNeeded)) return { candidate, cached }
      try {
        const bytes = await readBlob(repository, candidate.blob, { maxBytes: maxBlobBytes, signal })
        return { candidate, cached, bytes }
      } catch (error) {
        signal?.throwIfAborted()
        return { candidate, failure: judgeFailure(error) }
      }
    },

    async examine({ candidate, cached, bytes, failure }, isNeeded) {
      if (failure !== undefined) return failure
      if (bytes === undefined) {
        if (cached?.state !== 'verified') return cached ?? { state: 'unreadable', message: 'not loaded' }
        const { statement, ...evidence } = cached.evidence
        if (statement === undefined) return { state: 'unreadable', message: 'not loaded' }
        return { state: 'verified', evidence: { ...evidence, ...placeOf(candidate), statement } }
      }
      const outcome = verify(candidate, bytes, cached, isNeeded, basis)
      if (cached?.state !== 'verified') await remember(candidate, outcome)
      if (outcome.state !== 'verified') return outcome
      return { state: 'verified', evidence: { ...outcome.evidence, ...placeOf(candidate) } }
    },
  }
}

function needsBytes(cached: CachedOutcome, isNeeded: (predicateType: string) => boolean): boolean {
  if (cached.state === 'verified') return cached.evidence.statement === undefined
  return cached.state === 'unneeded' && isNeeded(cached.predicateType)
}

type Outcome =
  | Exclude<CachedOutcome, { state: 'verified' }>
  | { readonly state: 'verified'; readonly evidence: VerifiedEvidence }

/** The cheap checks first: form, and whether anybody needs what it says it is. */
function verify(
  candidate: SubjectCandidate,
  bytes: Uint8Array,
  cached: CachedOutcome | undefined,
  isNeeded: (predicateType: string) => boolean,
  { trust }: VerificationBasis,
): Outcome {
  try {
    const statement = openStatement(candidate, bytes)
    if (cached?.state === 'verified') {
      return { state: 'verified', evidence: { ...cached.evidence, ...placeOf(candidate), statement } }
    }
    if (!isNeeded(statement.predicateType)) {
      return { state: 'unneeded', predicateType: statement.predicateType }
    }
    return { state: 'verified', evidence: verifyCandidate(candidate, bytes, candidate.subject, trust.keys) }
  } catch (error) {
    const { reason, message } = toRejection(error, 'bundle-invalid')
    return { state: 'rejected', reason, message }
  }
}

function openStatement({ store }: Candidate, bytes: Uint8Array): Statement {
  if (store === 'legacy-signature') return parseSimpleSigning(bytes)
  return parseStatement((store === 'bundle' ? openBundle(bytes) : openEnvelope(bytes)).payload)
}

function placeOf({ store, manifest, blob }: Candidate): Pick<VerifiedEvidence, 'store' | 'manifest' | 'blob'> {
  return { store, manifest, blob: blob.digest }
}

function judgeFailure(error: unknown): Examination {
  try {
    const { reason, message } = toRejection(error, 'bundle-invalid')
    return { state: 'rejected', reason, message }
  } catch {
    if (!isSallyportError(error)) throw error
    return { state: 'unreadable', message: `${error.code}: ${error.message}` }
  }
}

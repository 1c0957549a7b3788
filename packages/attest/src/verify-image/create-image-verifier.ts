import { type Clock, type Digest, isSallyportError, systemClock, type Verdict } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { createSharedFlights, type SharedFlights } from '@sallyport/oci/cloud'
import { mapConcurrent } from '../internal/map-concurrent.ts'
import type { TrustedRoot } from '../trust/trusted-root.ts'
import type { ConfirmationThresholds } from '../trust/verification-trust.ts'
import { type EvidenceLimits, resolveLimits } from '../verify/evidence-limits.ts'
import { compileRequirements } from './compile-requirements.ts'
import { createExamination } from './examine-candidate.ts'
import { findWarnings, reportStores } from './find-warnings.ts'
import type { ImageVerdict } from './image-verdict.ts'
import { reportRequirement } from './report-requirements.ts'
import type { Requirement } from './requirement.ts'
import { type ResolvedSubjects, resolveSubjects } from './resolve-subjects.ts'
import { VerdictError } from './verdict-error.ts'
import { createVerificationBasis } from './verification-basis.ts'
import type { VerificationCache } from './verification-cache.ts'
import { type SubjectFindings, verifySubject } from './verify-subject.ts'

/** Options of {@link createImageVerifier}. */
export interface ImageVerifierOptions {
  /** All of them must be satisfied. At least one. */
  readonly requirements: readonly Requirement[]
  /** Authorities and logs that vouch for certificates; needed as soon as a requirement names identities. */
  readonly root?: TrustedRoot | undefined
  /** Confirmations that each signature needs. Defaults: those of {@link ConfirmationThresholds}. */
  readonly thresholds?: ConfirmationThresholds | undefined
  /** Time that ages and validity are judged by. Default the machine's. */
  readonly clock?: Clock | undefined
  /** Limits on what is read about one image. */
  readonly limits?: EvidenceLimits | undefined
  /**
   * Remembers what verifying each signature found. A hit saves the cryptography and, for statements up to 256 Ki
   * characters, reading the blob; the registry is still asked what is attached. Ages, validity of keys and all conditions
   * are judged anew each time. Default: nothing is remembered. See {@link VerificationCache} on who may write to it.
   */
  readonly cache?: VerificationCache | undefined
  /** How long the cache remembers that a candidate does not count, in milliseconds. Default 60,000. */
  readonly negativeTtlMs?: number | undefined
}

/** Options of {@link ImageVerifier.verify}. */
export interface VerifyOptions {
  /**
   * What must satisfy the requirements when the reference leads to an index: the index itself, each image in it that can
   * be run (all entries but those of the platform `unknown/unknown`), or both. Evidence about the index does not count
   * for its images here. An image by itself is judged the same way in each case. Default `index`.
   */
  readonly subject?: 'index' | 'platforms' | 'both' | undefined
  /**
   * An index of the same repository by its digest: when it lists what the reference leads to, signatures, provenance,
   * summaries and attestations about it count as well. SBOMs don't: each image has its own.
   */
  readonly via?: Digest | undefined
  /** Another repository where evidence is kept; looked into as well. */
  readonly evidenceRepository?: Repository | undefined
  /** Ends the verification; the promise rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/** Verifies images against one set of requirements. */
export interface ImageVerifier {
  /**
   * Says whether an image comes with what is required. The same question asked again while it is being answered is
   * answered once. Nothing is written. See {@link verifyImage}.
   */
  verify(repository: Repository, reference: string, options?: VerifyOptions): Promise<ImageVerdict>
}

/**
 * Makes a verifier of images; requirements, keys and patterns are read once, for many images.
 *
 * @throws {AttestError} `REQUIREMENT_INVALID` when a requirement can't be satisfied or asks for nothing.
 * @throws {AttestError} `KEY_INVALID`, `KEY_UNSUPPORTED`, `TRUST_INVALID` when a key, pattern, threshold or limit can't be used.
 */
export function createImageVerifier({
  requirements,
  root,
  thresholds,
  clock = systemClock,
  limits,
  cache,
  negativeTtlMs = 60_000,
}: ImageVerifierOptions): ImageVerifier {
  const compiled = compileRequirements(requirements)
  const resolvedLimits = resolveLimits(limits)
  const basis = createVerificationBasis(compiled, { root, thresholds, now: () => clock.now() })
  const flights = new WeakMap<Repository, WeakMap<Repository, SharedFlights<ImageVerdict>>>()

  function flightsOf(repository: Repository, evidence: Repository): SharedFlights<ImageVerdict> {
    const ofRepository = flights.get(repository) ?? new WeakMap<Repository, SharedFlights<ImageVerdict>>()
    flights.set(repository, ofRepository)
    const found = ofRepository.get(evidence) ?? createSharedFlights<ImageVerdict>()
    ofRepository.set(evidence, found)
    return found
  }

  async function judge(
    repository: Repository,
    reference: string,
    { subject = 'index', via, evidenceRepository, signal }: VerifyOptions,
  ): Promise<ImageVerdict> {
    const now = clock.now()
    let digest: Digest | undefined
    let cacheFailed = false
    const examine = createExamination({
      basis,
      cache,
      negativeTtlMs,
      onCacheFailure: () => {
        cacheFailed = true
      },
    })
    try {
      const resolved = await resolveSubjects(repository, reference, {
        subject,
        via,
        signal,
        onResolved: (found) => {
          digest = found
        },
      })
      const findings = await mapConcurrent(resolved.subjects, 4, (one) =>
        verifySubject(repository, one.digest, {
          requirements: compiled,
          trust: basis.trust,
          examine,
          now,
          parent: one.parent,
          evidenceRepository,
          limits: resolvedLimits,
          signal,
        }),
      )
      const verdict = conclude(findings)
      return {
        verdict,
        allow: verdict === 'pass',
        reference,
        digest: resolved.digest,
        ...describe(resolved, findings),
        requirements: findings.flatMap((one) => compiled.map((each) => reportRequirement(each, one))),
        warnings: [
          ...findings.flatMap(findWarnings),
          ...(cacheFailed ? [cacheWarning(resolved.digest)] : []),
        ],
        ...(verdict === 'error' ? { error: explainError(findings) } : {}),
      }
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof VerdictError) && !isSallyportError(error)) throw error
      const { code, message } = error
      return {
        verdict: 'error',
        allow: false,
        reference,
        digest,
        subjects: [],
        requirements: [],
        stores: [],
        warnings: [],
        error: { code, message },
      }
    }
  }

  return {
    async verify(repository, reference, options = {}) {
      const { subject, via, evidenceRepository, signal } = options
      return flightsOf(repository, evidenceRepository ?? repository).join(
        JSON.stringify([reference, subject, via]),
        (shared) => judge(repository, reference, { ...options, signal: shared }),
        signal,
      )
    },
  }
}

/** A pass needs every subject to pass; no subject at all is no pass. */
function conclude(findings: readonly SubjectFindings[]): Verdict {
  if (findings.some(({ verdict }) => verdict === 'fail')) return 'fail'
  return findings.length > 0 && findings.every(({ verdict }) => verdict === 'pass') ? 'pass' : 'error'
}

function describe(
  { subjects }: ResolvedSubjects,
  findings: readonly SubjectFindings[],
): Pick<ImageVerdict, 'subjects' | 'stores'> {
  return {
    subjects: findings.map(({ subject, verdict }) => {
      const platform = subjects.find(({ digest }) => digest === subject)?.platform
      return { digest: subject, verdict, ...(platform === undefined ? {} : { platform }) }
    }),
    stores: findings.flatMap(reportStores),
  }
}

function explainError(findings: readonly SubjectFindings[]): NonNullable<ImageVerdict['error']> {
  const failure = findings.find((one) => one.failure !== undefined)?.failure
  if (failure !== undefined) return { code: failure.code, message: failure.message }
  return {
    code: 'condition-threw',
    message: 'a condition of the caller failed on evidence; see the requirements',
  }
}

function cacheWarning(subject: Digest): ImageVerdict['warnings'][number] {
  return { code: 'cache-unavailable', subject, message: 'the cache failed; signatures were verified anew' }
}

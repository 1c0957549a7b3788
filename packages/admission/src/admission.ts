import type { AdmissionDecision, AdmissionReasonCode, AdmissionVerdict } from './decision.ts'
import type { PullCredentials } from './ports/image-verifier.ts'
import type { AdmissionReviewResponse } from './review/review-response.ts'

/** Where an image is to run. */
export interface ImageContext {
  /** Namespace; without one only rules that name none match by it. */
  readonly namespace?: string | undefined
  /** Default: what the cluster view says, when a rule needs it. */
  readonly namespaceLabels?: Readonly<Record<string, string>> | undefined
  /** Labels of the object, for rules that match by them. */
  readonly objectLabels?: Readonly<Record<string, string>> | undefined
  /** Default: those of the verifier. */
  readonly credentials?: PullCredentials | undefined
}

/** Options of each call. */
export interface DecideOptions {
  /** Ends the wait: it rejects with `signal.reason`, and others who wait for the same image go on. */
  readonly signal?: AbortSignal | undefined
}

/** Options of {@link Admission.decideReview}. */
export interface DecideReviewOptions extends DecideOptions {
  /**
   * `mutate` pins what was verified: tags become `tag@digest` by a patch. `validate` never patches, and refuses tags unless
   * the policy lets them be.
   */
  readonly phase: 'mutate' | 'validate'
  /** Time for the answer, in milliseconds, where the caller's is shorter than that of the admission. */
  readonly budgetMs?: number | undefined
}

/** Something to count. */
export type AdmissionEvent =
  | {
      readonly type: 'review-decided'
      readonly namespace?: string | undefined
      readonly kind: string
      readonly operation: string
      readonly allowed: boolean
      readonly dryRun: boolean
      /** Name of the exemption that it fell under. */
      readonly exemption?: string | undefined
      readonly durationMs: number
    }
  | {
      readonly type: 'image-decided'
      readonly decision: AdmissionDecision
      readonly namespace?: string | undefined
      readonly dryRun: boolean
      readonly durationMs: number
    }
  | { readonly type: 'verification-started'; readonly image: string }
  | {
      readonly type: 'verification-ended'
      readonly image: string
      readonly verdict: 'pass' | 'fail' | 'error'
      readonly durationMs: number
    }

/** Figures since the start. */
export interface AdmissionStats {
  /** Reviews answered, by how they ended; `exempt` ones were not judged. */
  readonly reviews: { readonly allowed: number; readonly refused: number; readonly exempt: number }
  /** Decisions about images. */
  readonly verdicts: Readonly<Record<AdmissionVerdict, number>>
  /** Reasons of decisions that are no `allow`. */
  readonly reasons: Readonly<Partial<Record<AdmissionReasonCode, number>>>
  /** What was remembered: answers from memory, those used although stale, those that had to be found, and how much is held. */
  readonly cache: {
    readonly hits: number
    readonly staleHits: number
    readonly misses: number
    readonly entries: number
    /** Size by estimate. */
    readonly bytes: number
    readonly evicted: number
  }
  /** Verifications begun, under way and waiting. */
  readonly verifications: {
    readonly started: number
    readonly inFlight: number
    readonly waiting: number
    /** Callers that joined one under way. */
    readonly joined: number
  }
}

/** Decides whether images may run. */
export interface Admission extends AsyncDisposable {
  /**
   * Decides on one image. Rejects only with `signal.reason`: what goes wrong is a verdict `error`.
   *
   * @param reference As in a Pod: a short name is one of Docker Hub, and without a tag it is `latest`.
   */
  decideImage(reference: string, context?: ImageContext, options?: DecideOptions): Promise<AdmissionDecision>
  /**
   * Answers an AdmissionReview of `admission.k8s.io/v1`.
   *
   * @param review The parsed body; see {@link parseReview}.
   * @throws {AdmissionError} `REVIEW_INVALID` when it is no such request, so that there is nothing to answer.
   */
  decideReview(review: unknown, options: DecideReviewOptions): Promise<AdmissionReviewResponse>
  /**
   * Verifies an image before it is asked for, such as after its push, and remembers the outcome. Without a namespace it is
   * verified by each rule that may be about it, wherever that runs; what was refused before is looked at anew, because the
   * push may have brought it. Never rejects but with `signal.reason`.
   */
  warm(reference: string, context?: ImageContext, options?: DecideOptions): Promise<AdmissionDecision>
  /** The figures now. */
  stats(): AdmissionStats
  /** Ends what is being verified. Calls from then on give verdict `error`. */
  [Symbol.asyncDispose](): Promise<void>
}

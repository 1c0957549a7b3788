import type { Clock } from '@sallyport/core'
import type { AdmissionEvent } from './admission.ts'
import type { AdmissionPolicy } from './policy/admission-policy.ts'
import type { ClusterView } from './ports/cluster-view.ts'
import type { ImageVerifier } from './ports/image-verifier.ts'
import type { RevocationSource } from './ports/revocation-source.ts'

/** How long what was found is remembered, and how much of it. */
export interface VerdictCacheOptions {
  /** Lifetime of a pass, in milliseconds; at most as long as the evidence is young enough. Default 300,000. */
  readonly passTtlMs?: number | undefined
  /** Lifetime of a refusal, in milliseconds. Default 30,000. */
  readonly failTtlMs?: number | undefined
  /** Lifetime of a failure to judge, in milliseconds. Default 5,000. */
  readonly errorTtlMs?: number | undefined
  /**
   * For how long a tag is taken to lead where it led, in milliseconds. Default 0: it is resolved each time, and only
   * reviews at the same moment share the answer.
   */
  readonly tagTtlMs?: number | undefined
  /** Most verdicts. Default 10,000. */
  readonly maxEntries?: number | undefined
  /** Most bytes of verdicts, by estimate. Default 32 MiB. */
  readonly maxBytes?: number | undefined
}

/** Options of {@link createAdmission}. */
export interface AdmissionOptions {
  /** What is asked of images; see {@link parseAdmissionPolicy}. */
  readonly policy: AdmissionPolicy
  /** Resolves and verifies; see {@link createRegistryVerifier}. */
  readonly verifier: ImageVerifier
  /** What the cluster knows. Default: nothing. */
  readonly cluster?: ClusterView | undefined
  /** What is revoked. Default: nothing. */
  readonly revocations?: RevocationSource | undefined
  /**
   * Time for an answer, in milliseconds; must be below the webhook's `timeoutSeconds`. When it is over, the error policy
   * answers, and what is being verified goes on for the cache. Default 8,000.
   */
  readonly budgetMs?: number | undefined
  /** Time after which verifying one image is given up, in milliseconds. Default 60,000. */
  readonly verificationTimeoutMs?: number | undefined
  /** Most images that are verified at the same time. Default 16. */
  readonly maxConcurrent?: number | undefined
  /** Most images that wait to be verified; more give verdict `error`. Default 1,000. */
  readonly maxWaiting?: number | undefined
  /** Most different images of one review; more are refused. Default 500. */
  readonly maxImages?: number | undefined
  /** How much is remembered, and for how long. Default: the defaults of {@link VerdictCacheOptions}. */
  readonly cache?: VerdictCacheOptions | undefined
  /** Is told what to count. What it throws is dropped. */
  readonly onEvent?: ((event: AdmissionEvent) => void) | undefined
  /** Time that ages and revocations are judged by. Default the machine's. */
  readonly clock?: Clock | undefined
  /** Milliseconds on a clock that does not go back, for lifetimes. Default `performance.now`. */
  readonly elapsedMs?: (() => number) | undefined
}

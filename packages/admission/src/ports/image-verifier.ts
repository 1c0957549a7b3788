import type { Requirement } from '@sallyport/attest'
import type { Digest, Reference, Verdict } from '@sallyport/core'
import type { CredentialProvider } from '@sallyport/oci'
import type { AdmissionReasonCode, ReliedEvidence } from '../decision.ts'

/** What an image must come with. */
export interface VerificationTerms {
  /** Terms with the same id ask for the same. */
  readonly id: string
  /** All of them must be satisfied. None: the place was enough, and the image only has to be there, whole. */
  readonly requirements: readonly Requirement[]
  /** Ids of keys that are revoked, so that their evidence is called that. */
  readonly revokedKeys?: readonly string[] | undefined
  /** What of an index must satisfy them; see `VerifyOptions` of `@sallyport/attest`. */
  readonly subject: 'index' | 'platforms' | 'both'
}

/** Credentials to read a registry with. */
export interface PullCredentials {
  /**
   * Names whose they are, e.g. namespace and secrets with their versions. What they could not see is remembered for this
   * scope only.
   */
  readonly scope: string
  /** Gives the credentials. */
  readonly provider: CredentialProvider
}

/** Options of {@link ImageVerifier}. */
export interface VerifierCallOptions {
  /** Ends the verification; its promise rejects with `signal.reason`. */
  readonly signal: AbortSignal
  /** Default: those of the verifier. */
  readonly credentials?: PullCredentials | undefined
}

/** Why an image does not satisfy terms, or could not be judged. */
export interface VerificationProblem {
  /** For machines; stable. */
  readonly code: AdmissionReasonCode
  /** What is wrong, in a sentence. */
  readonly message: string
}

/** What verifying an image found. */
export interface VerifiedImage {
  /** `pass` only when the image is there and all requirements are satisfied by evidence about exactly this digest. */
  readonly verdict: Verdict
  /** Digest that the reference led to. */
  readonly digest: Digest
  /** The digest itself and, of an index, those of the images in it: a revoked one is none to run. */
  readonly digests: readonly Digest[]
  /** Not empty unless the verdict is `pass`. */
  readonly problems: readonly VerificationProblem[]
  /** What the outcome relies on. */
  readonly evidence: readonly Omit<ReliedEvidence, 'rule'>[]
  /** To know besides the outcome. */
  readonly warnings: readonly string[]
  /** Until when the evidence is young enough; absent when it does not age. */
  readonly freshUntil?: Date | undefined
}

/** A manifest in a repository. */
export type PinnedImage = Pick<Reference, 'registry' | 'repository'> & { readonly digest: Digest }

/**
 * Resolves and verifies images. What it rejects with makes the verdict `error`; a `SallyportError` says by its code why.
 */
export interface ImageVerifier {
  /** The digest that a tag leads to now, computed from the manifest. */
  resolve(
    reference: Pick<Reference, 'registry' | 'repository'> & { readonly tag: string },
    options: VerifierCallOptions,
  ): Promise<Digest>
  /** Says whether an image satisfies terms. */
  verify(image: PinnedImage, terms: VerificationTerms, options: VerifierCallOptions): Promise<VerifiedImage>
}

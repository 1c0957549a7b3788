import type { AcceptedBuilder, AcceptedSigners, AcceptedVerifier, TrustedRoot } from '@sallyport/attest'
import type { TrustedStatements } from '@sallyport/gate'
import type { Policy, WaiverFile } from '@sallyport/policy'
import type { Scanner } from '@sallyport/scan'

/** What images of a repository must come with. */
export interface AuditTerms {
  /** Tier of the gate's policy that decisions have to be about. */
  readonly tier: string
  /** Whose signatures of images count. */
  readonly signers: AcceptedSigners
  /** Whose SBOMs count. Default: those of `signers`. `false`: none is needed. */
  readonly sbom?: AcceptedSigners | false | undefined
  /** Builders whose provenance counts. Default: anything signed by one of `signers` counts. `false`: none is needed. */
  readonly provenance?: readonly AcceptedBuilder[] | false | undefined
  /** Gates whose decisions count. `false`: none is needed. */
  readonly decision: readonly AcceptedVerifier[] | false
  /** Oldest decision that counts, in milliseconds. Default: any age. */
  readonly decisionMaxAgeMs?: number | undefined
  /** Whether a decision under another policy than the present one is stale. Needs `present`. Default `true`. */
  readonly presentPolicyOnly?: boolean | undefined
  /** Authorities behind certificates, where signers are named by identities. */
  readonly root?: TrustedRoot | undefined
  /** Judges anew from the attested SBOM. Default: nothing is judged anew. */
  readonly present?: PresentTerms | undefined
}

/** What an image is judged by today. */
export interface PresentTerms {
  /** The policy that the gate uses by now; it must have the tier. */
  readonly policy: Policy
  /** Waivers that are in force. Default: none. */
  readonly waivers?: readonly WaiverFile[] | undefined
  /**
   * VEX documents that are trusted now, with who vouches for each, as for the gate. What a decision set aside once is set
   * aside today only where they say so. Default: none.
   */
  readonly vex?: TrustedStatements['vex']
  /** Ignore files that are in force, with who answers for each. Default: none. */
  readonly ignore?: TrustedStatements['ignore']
  /** Scanners that need only the inventory, such as the built-in one; they get no layers. */
  readonly scanners: readonly Scanner[]
}

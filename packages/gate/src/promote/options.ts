import type { Clock, Reference } from '@sallyport/core'
import type { VerificationTrust } from '@sallyport/attest'
import type { HardenImageOptions } from '@sallyport/harden'
import type { PatchImageOptions } from '@sallyport/harden/patch'
import type { LayerStore } from '@sallyport/image'
import type { Repository } from '@sallyport/oci'
import type { Policy, WaiverFile } from '@sallyport/policy'
import type { StoredFacts } from '@sallyport/policy/cases'
import type { Scanner, TrustedVex } from '@sallyport/scan'
import type { GateAlert } from './alert.ts'
import type { BlobCache } from '../batch/blob-cache.ts'
import type { KnownBase } from '../facts/find-base.ts'
import type { Journal } from '../ports/journal.ts'
import type { Leases } from '../ports/leases.ts'
import type { QuarantineStore } from '../ports/quarantine-store.ts'
import type { OwnedIgnoreFile } from '../steps/apply-statements.ts'
import type { GateSigner, SignatureConfirmation } from './gate-signer.ts'
import type { GatherFacts } from './gather-facts.ts'
import type { ProgressListener } from './progress.ts'
import type { PromotionRequest } from './request.ts'

/** How to harden; each option is that of `hardenImage` of `@sallyport/harden`. */
export interface HardenChoice extends Pick<
  HardenImageOptions,
  | 'mode'
  | 'commands'
  | 'keep'
  | 'drop'
  | 'maxRemoval'
  | 'dataPacks'
  | 'evidenceOf'
  | 'traceOnly'
  | 'strip'
  | 'configuration'
> {
  /** Recordings of containers of this image; of an index, those of another platform are left out for each. */
  readonly evidence?: HardenImageOptions['evidence']
  /** Runs the image before and after; what is patched afterwards must pass it too. */
  readonly smoke?: HardenImageOptions['smoke']
  /** Take newer versions of what stays, of packages with findings. Default: nothing is patched. */
  readonly patch?: PatchChoice | undefined
}

/** How to patch; each option is that of `patchImage` of `@sallyport/harden/patch`. */
export type PatchChoice = Pick<PatchImageOptions, 'sources' | 'all' | 'only' | 'lastSeen'>

/** What a gate is made of: everything that is a live object, and how it works. */
export interface GateOptions {
  /** The rules. */
  readonly policy: Policy
  /** Exceptions, from files of their own. Default: none. */
  readonly waivers?: readonly WaiverFile[] | undefined
  /**
   * Public keys in PEM of those whose approvals in the quarantine count as waivers. Default: nobody's. None of them should
   * be a key of `signer`: who runs the gate does not approve.
   */
  readonly approvalKeys?: readonly string[] | undefined
  /** All must answer; a scanner that fails makes the outcome `error`. */
  readonly scanners: readonly Scanner[]
  /** Remove packages that nothing uses before judging. Default `false`. */
  readonly harden?: boolean | HardenChoice | undefined
  /**
   * VEX documents that you trust, each verified and with who vouches for it. They may name the image by the digest of
   * the source (manifest or index) or of the hardened image, or by its repository there or at the destination.
   */
  readonly vex?: readonly TrustedVex[] | undefined
  /** Ignore files of Trivy or Grype with who answers for them: `{ ...parseTrivyIgnore(text, …), owner }`. */
  readonly ignore?: readonly OwnedIgnoreFile[] | undefined
  /**
   * Whose signatures count on evidence of the source: its SBOM, provenance, signatures. Default: none is looked for, and
   * rules that require evidence give `error`.
   */
  readonly sourceTrust?: VerificationTrust | undefined
  /** Images that others are built on, to know them by their layers. Default: only what an image claims. */
  readonly bases?: readonly KnownBase[] | undefined
  /** Finds out what else the policy may ask about an image. Default: nothing. */
  readonly gatherFacts?: GatherFacts | undefined
  /**
   * Is given what each image was judged by, of each platform, for `serializeFacts` and `diffPolicies` of
   * `@sallyport/policy/cases`. Not called by `plan`. Rejecting ends the promotion with an error. Default: it is not kept.
   */
  readonly keepFacts?: ((facts: StoredFacts) => void | Promise<void>) | undefined
  /**
   * Separate keys or identities: one for what was found, one for the release. An identity (`IdentitySigner` of `attest`) has no
   * key that somebody keeps; it needs `confirmation`.
   */
  readonly signer: { readonly evidence: GateSigner; readonly release: GateSigner }
  /** Who confirms each signature. Default: nobody; signatures by keys stand without. */
  readonly confirmation?: SignatureConfirmation | undefined
  /** Where promotions are remembered. */
  readonly journal: Journal
  /** Where what was stopped is kept. */
  readonly quarantine: QuarantineStore
  /**
   * `registry/repository` where a copy of what was stopped is kept, for people to look at; nothing vouches for it there.
   * Default: none is kept.
   */
  readonly quarantineRepository?: string | undefined
  /** Told of what somebody has to know at once. At least once; when it fails, so does the promotion's record. */
  readonly onAlert?: ((alert: GateAlert) => void | Promise<void>) | undefined
  /** Keeps other processes from promoting to the same tag meanwhile. Default: those of the journal, if it has any. */
  readonly leases?: Leases | undefined
  /** Opens a repository of a registry. Default: a registry client with the credentials of Docker's configuration. */
  readonly repository?: ((reference: Pick<Reference, 'registry' | 'repository'>) => Repository) | undefined
  /**
   * Keeps the layers that several images share, opened, so that each is fetched, uncompressed and verified once. Default: one
   * for the time of each batch. A program that promotes one image after the other gives one for as long as it runs.
   */
  readonly layerStore?: LayerStore | undefined
  /** Keeps blobs as they are at the source, also for later processes. Default: configurations, for the time of each batch. */
  readonly blobCache?: BlobCache | undefined
  /**
   * Whether an image may pass whose manifest leads runtimes to another list of its files than its layers (eStargz, zstd:chunked,
   * Nydus, SOCI). What is in that list nobody judges, so a node that loads lazily may run what no scanner saw: allow it
   * only where those who build the images are trusted, or no node does. Default `false`: the verdict is `error`.
   */
  readonly unsafeAllowLazyLayers?: boolean | undefined
  /**
   * Whether a signed list of the files of each promoted image is attached, which `@sallyport/runtime` compares running
   * containers with. Default `false`.
   */
  readonly fileManifest?: boolean | undefined
  /**
   * In which forms signatures and attestations are stored. Default `both`; `bundle` where an identity signs, since the old
   * forms have no place for what newer logs (Rekor v2) answer.
   */
  readonly evidenceMode?: 'bundle' | 'legacy' | 'both' | undefined
  /**
   * Shortest pause, in milliseconds, after which attached evidence is looked for once more, in case another writer
   * displaced it; made once in a promotion, and only where the registry lets it happen. Default 400; 0 where nobody else
   * writes.
   */
  readonly settleMs?: number | undefined
  /** Evidence of an earlier attempt with the same judgement is used again up to this age. Default 24 hours. */
  readonly evidenceMaxAgeMs?: number | undefined
  /**
   * How old, in milliseconds, the decision may be with which a promotion that was interrupted goes on without scanning
   * again. Default 1 hour.
   */
  readonly resumeMaxAgeMs?: number | undefined
  /**
   * How old, in milliseconds, the decision about an image that is at its destination already may be for it not to be
   * scanned again, where a scanner can't tell whether its data are still the same. Default 0: it is scanned.
   */
  readonly reuseDecisionMaxAgeMs?: number | undefined
  /**
   * URI that names this gate: `verifier.id` of its decisions, `builder.id` of the provenance of what it hardened, author of its
   * VEX. Who verifies images names it together with the keys that may speak for it. Give each gate its own where there is
   * more than one. Default `https://sallyport.dev/gate/<tier>`.
   */
  readonly verifierId?: string | undefined
  /** Folder for the work, emptied afterwards. Default: a new one in the system's temporary folder. */
  readonly workDirectory?: string | undefined
  /** Time by which everything is dated. Default: the system's. */
  readonly clock?: Clock | undefined
}

/** Options of a call that runs promotions. */
export interface RunOptions {
  /**
   * Ends the promotion; it rejects with `signal.reason`. The tag is then where it was, or already moved; content that was
   * pushed stays, unreferenced by a tag.
   */
  readonly signal?: AbortSignal | undefined
  /** Sees each step as it begins and ends. */
  readonly onProgress?: ProgressListener | undefined
}

/** Options of {@link promote}. */
export interface PromoteOptions extends GateOptions, PromotionRequest, RunOptions {}

/** Options of {@link planPromotion}: those of {@link promote} but the signers. */
export interface PlanOptions
  extends Omit<GateOptions, 'signer' | 'confirmation'>, PromotionRequest, RunOptions {}

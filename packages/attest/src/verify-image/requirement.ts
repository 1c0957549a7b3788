import type { Digest } from '@sallyport/core'
import type { CertificateIdentity, TrustedKey } from '../trust/verification-trust.ts'
import type { BuildLevel, CheckBuilderOptions } from '../predicates/check-builder.ts'
import type { CheckVsaOptions } from '../predicates/check-vsa.ts'
import type { Statement } from '../statement/statement.ts'

/** What an image must come with. Everything but the functions and schemas is plain JSON, so that a file can hold it. */
export type Requirement =
  | SignatureRequirement
  | AttestationRequirement
  | ProvenanceRequirement
  | VsaRequirement
  | SbomRequirement
  | AllOfRequirement
  | AnyOfRequirement
  | AtLeastRequirement

/** Signers that count. Each key and each identity is one signer, however many certificates an identity's pattern fits. */
export interface AcceptedSigners {
  /** Public keys in PEM; with an algorithm or a time of validity as an object. */
  readonly keys?: readonly (string | TrustedKey)[] | undefined
  /** Identities of certificates; they need the `root` of the call. */
  readonly identities?: readonly CertificateIdentity[] | undefined
}

interface Named {
  /** What results call it. Default: made of its kind and type. */
  readonly name?: string | undefined
}

interface SignedBy {
  /** Whose signatures count. */
  readonly by: AcceptedSigners
  /**
   * How many different ones of the listed signers must have signed. One signer counts once, wherever and however often
   * its signatures are stored; one listed identity counts once, however many certificates fit it. Default 1.
   */
  readonly threshold?: number | undefined
}

interface Aged {
  /**
   * Oldest that evidence may be, in milliseconds. With a certificate: by its start of validity and the earliest verified
   * time, and by the time that the predicate itself names where it is the time of a judgement (VSA, SVR, vulnerability
   * scan). With a key: by the time that the predicate names, of whatever type, and verified times only make it older:
   * anybody can have an old signature timestamped anew. So no signature of an image by a key satisfies a maximum age,
   * and nothing else whose age is not known. Default: any age.
   */
  readonly maxAgeMs?: number | undefined
}

/** Further conditions on the predicate; all must hold. */
export interface PredicateConditions {
  /** Conditions in plain data. */
  readonly conditions?: readonly PredicateCondition[] | undefined
  /** Schema that the predicate must fit (zod or alike); `where` gets what it returns. */
  readonly schema?: PredicateSchema | undefined
  /**
   * Whether the predicate will do; only ever called with what an accepted signer signed. A throw means that it can't be
   * judged: then, and if nothing else satisfies the requirement, the verdict is `error`.
   */
  readonly where?: ((predicate: unknown, statement: Statement) => boolean) | undefined
}

/** A condition on one value of the predicate, named by JSON pointer (RFC 6901); `''` is the predicate itself. */
export type PredicateCondition =
  /** The value is there and equal to this JSON value. */
  | { readonly path: string; readonly equals: unknown }
  /** The value is there and equal to one of these. */
  | { readonly path: string; readonly in: readonly unknown[] }
  /** The value is there (`null` is), or is not. */
  | { readonly path: string; readonly exists: boolean }

/** The part of a zod schema that is used. */
export interface PredicateSchema {
  /** Judges a value as zod's method of this name does. */
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: unknown }
    | { readonly success: false; readonly error: { readonly message: string } }
}

/**
 * A signature of the image as `cosign sign` makes it: a bundle with the predicate type of cosign's signatures, or simple
 * signing under the `.sig` tag. No other verified envelope is ever a signature.
 */
export interface SignatureRequirement extends Named, SignedBy, Aged {
  /** Names the kind. */
  readonly kind: 'signature'
  /** Annotations that must have been signed. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
  /**
   * `registry/repository` that the signature must name, against replay to another repository. Bundles of cosign name
   * none, so only simple signing satisfies it there.
   */
  readonly expectReference?: string | undefined
}

/** An attestation of exactly one predicate type; signatures and VSAs have kinds of their own. */
export interface AttestationRequirement extends Named, SignedBy, Aged, PredicateConditions {
  /** Names the kind. */
  readonly kind: 'attestation'
  /** The type, as a URI; no other one counts. */
  readonly predicateType: string
}

/** SLSA provenance (v1 or v0.2) by a builder that is known, at the level that this builder is trusted with. */
export interface ProvenanceRequirement extends Named, Aged, PredicateConditions {
  /** Names the kind. */
  readonly kind: 'provenance'
  /** Builders by their id (exact), each bound to who signs for it and the highest build level it is trusted with. */
  readonly builders: readonly AcceptedBuilder[]
  /** Lowest SLSA build level that will do. Default 1. */
  readonly minimumLevel?: BuildLevel | undefined
  /** Where the build must have taken its source from. Default: anywhere. */
  readonly source?: CheckBuilderOptions['source']
  /** Accepted `buildType`s. Default: any. */
  readonly buildTypes?: readonly string[] | undefined
  /** Names of the only external parameters that the build may have been given. Default: any. */
  readonly externalParameters?: readonly string[] | undefined
}

/** A builder and how far it is trusted (SLSA 1.1, "Verifying artifacts"). */
export interface AcceptedBuilder {
  /** `builder.id`, exact. */
  readonly id: string
  /** Who signs for it. */
  readonly by: AcceptedSigners
  /** SLSA build level. Default 1. */
  readonly level?: BuildLevel | undefined
}

/** A passed SLSA verification summary for this place, by a verifier with its own key (all seven checks of the specification). */
export interface VsaRequirement extends Named, Aged, PredicateConditions {
  /** Names the kind. */
  readonly kind: 'vsa'
  /** Verifiers by their id (exact), each bound to who signs for it. */
  readonly verifiers: readonly AcceptedVerifier[]
  /** What the summary must be about, exactly: binds it to a registry, repository or tier. */
  readonly resourceUri: string
  /** Levels that must be verified; a higher level of the same SLSA track will do. Default: none. */
  readonly minimumLevels?: readonly string[] | undefined
  /** SLSA levels that every dependency must have. Default: none. */
  readonly minimumDependencyLevels?: readonly string[] | undefined
  /** The policy that must have been applied. Default: any. */
  readonly policy?: CheckVsaOptions['policy']
}

/** A verifier and who signs for it. */
export interface AcceptedVerifier {
  /** `verifier.id`, exact. */
  readonly id: string
  /** Who signs for it. */
  readonly by: AcceptedSigners
}

/** An attested SBOM (CycloneDX or SPDX) that describes the image by digest. */
export interface SbomRequirement extends Named, SignedBy, Aged, PredicateConditions {
  /** Names the kind. */
  readonly kind: 'sbom'
  /** Formats that will do. Default both. */
  readonly formats?: readonly ('cyclonedx' | 'spdx')[] | undefined
  /**
   * Package URLs of what is really in the image: the SBOM must list these packages and no others. A function is asked
   * once for each image, and only when an accepted signer's SBOM describes it. Default: not compared.
   */
  readonly inventory?: readonly string[] | ImageInventory | undefined
}

/** Says what is in an image, as package URLs. */
export type ImageInventory = (
  subject: Digest,
  options: { readonly signal?: AbortSignal | undefined },
) => Promise<readonly string[]>

/** All of them. */
export interface AllOfRequirement extends Named {
  /** Names the kind. */
  readonly kind: 'allOf'
  /** All of these must be met; at least one. */
  readonly requirements: readonly Requirement[]
}

/** One of them. */
export interface AnyOfRequirement extends Named {
  /** Names the kind. */
  readonly kind: 'anyOf'
  /** One of these must be met; at least one. */
  readonly requirements: readonly Requirement[]
}

/** `count` of them. */
export interface AtLeastRequirement extends Named {
  /** Names the kind. */
  readonly kind: 'atLeast'
  /** How many must be met. */
  readonly count: number
  /** The ones that are counted. */
  readonly requirements: readonly Requirement[]
}

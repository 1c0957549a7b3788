import type { AdmissionMode } from '../decision.ts'

/** A policy document; in YAML or JSON it has the same form. Unknown fields are refused. */
export interface AdmissionPolicyDocument {
  /** Version of this form. */
  readonly version: 1
  /** Who signs, by the names that rules call them. */
  readonly signers: Readonly<Record<string, SignerDocument>>
  /** At least one. Every rule that matches an image must pass: one more rule never lets more in. */
  readonly rules: readonly AdmissionRuleDocument[]
  /** What is not judged, so that the cluster can't lock itself out. Each use is counted and told. Default: nothing. */
  readonly exemptions?: readonly ExemptionDocument[] | undefined
  /** What becomes of an image that could not be judged, where its rule does not say. Default `deny`. */
  readonly onError?: 'deny' | 'allow' | undefined
  /** What becomes of an image that no rule matches. Default `deny`. */
  readonly noMatch?: 'deny' | 'allow' | undefined
  /**
   * `pin`: a tag that stays a tag after the mutating webhook is refused. `unsafe-keep`: it is verified as it is now, and
   * what is pulled later may be another image. Default `pin`.
   */
  readonly tags?: 'pin' | 'unsafe-keep' | undefined
  /** Kinds of custom resources and where their Pod is. `spec.template.spec` and the like is found without. */
  readonly kinds?: readonly PodKindDocument[] | undefined
  /** What becomes of a custom resource in which no Pod is found. Default `deny`. */
  readonly unknownKinds?: 'deny' | 'allow' | undefined
}

/** Who signs: any of these. */
export interface SignerDocument {
  /** Public keys in PEM. */
  readonly keys?: readonly string[] | undefined
  /** Identities of certificates; all fields of one must match. They need the verifier's `root`. */
  readonly identities?:
    | readonly {
        readonly issuer: TextDocument
        readonly subject: TextDocument
        /** Claims of the certificate by Fulcio's names. */
        readonly claims?: Readonly<Record<string, TextDocument>> | undefined
      }[]
    | undefined
}

/** A text, or a regular expression (RE2) that the whole text must match. */
export type TextDocument = string | { readonly pattern: string }

/** Name of a signer, or names. */
export type SignerNames = string | readonly string[]

/** What some images must come with. */
export interface AdmissionRuleDocument {
  /** Name, unique in the policy; reasons and warnings carry it. */
  readonly name: string
  /** Images that it is about; all conditions must hold. Default: all. */
  readonly match?: MatchDocument | undefined
  /** Images that it is not about although they match; all conditions must hold. Default: none. */
  readonly except?: MatchDocument | undefined
  /** What it does when it is not met. Default `enforce`. */
  readonly mode?: AdmissionMode | undefined
  /** The only registries, or paths in them, that images may come from. Default: any. */
  readonly registries?: readonly string[] | undefined
  /**
   * Evidence that images must come with. Left out beside `registries`, the place alone decides: the image has to be there
   * whole, and not to be revoked.
   */
  readonly require?: RequireDocument | undefined
  /**
   * What of an index must come with it. Default `index`: evidence about the index. An SBOM is always that of each platform,
   * because it describes one image.
   */
  readonly subject?: 'index' | 'platforms' | 'both' | undefined
  /** Default: that of the document. */
  readonly onError?: 'deny' | 'allow' | undefined
  /** For how long a pass may be used after its lifetime while it is verified anew, e.g. `10m`. Default: not at all. */
  readonly stale?: string | undefined
}

/** Conditions on an image and where it is to run. */
export interface MatchDocument {
  /** `*` stands for any run of characters. */
  readonly namespaces?: readonly string[] | undefined
  /** All of them must be there. Not known: the verdict is `error`. */
  readonly namespaceLabels?: Readonly<Record<string, string>> | undefined
  /** All of them must be there. Whoever makes the object sets them: use them to ask for more, never for less. */
  readonly objectLabels?: Readonly<Record<string, string>> | undefined
  /** `registry/repository`, in which `*` after the registry stands for any run of characters, `/` included. */
  readonly images?: readonly string[] | undefined
}

/** Evidence that an image must come with; at least one kind. */
export interface RequireDocument {
  /** A decision of the gate for this registry, repository and tier. */
  readonly decision?:
    | {
        readonly tier: string
        /** Gates by their `verifier.id`, each with who signs for it. */
        readonly gates: readonly { readonly id: string; readonly by: SignerNames }[]
        /** Oldest decision, e.g. `30d`. Default: any age. */
        readonly maxAge?: string | undefined
        /** Whether an image that somebody let through by breaking the glass will do. Default `refuse`. */
        readonly breakGlass?: 'accept' | 'refuse' | undefined
      }
    | undefined
  /** An SBOM, by whom, how old at most, and in which forms. Default: none is needed. */
  readonly sbom?:
    | (SignedDocument & { readonly formats?: readonly ('cyclonedx' | 'spdx')[] | undefined })
    | undefined
  /** A signature of the image, by whom and with which annotations. Default: none is needed. */
  readonly signature?:
    | (Omit<SignedDocument, 'maxAge'> & {
        readonly annotations?: Readonly<Record<string, string>> | undefined
      })
    | undefined
  /** SLSA provenance of builders that are known. Default: none is needed. */
  readonly provenance?:
    | {
        /** Builders by `builder.id`, each with who signs for it and the SLSA level it is trusted with (default 1). */
        readonly builders: readonly {
          readonly id: string
          readonly by: SignerNames
          readonly level?: 1 | 2 | 3 | undefined
        }[]
        readonly minimumLevel?: 1 | 2 | 3 | undefined
        /** Where the source must have come from. */
        readonly source?: { readonly uri: string } | undefined
        readonly maxAge?: string | undefined
      }
    | undefined
  /** Attestations of other types. */
  readonly attestations?: readonly (SignedDocument & { readonly predicateType: string })[] | undefined
}

/** By whom evidence must be signed. */
export interface SignedDocument {
  /** Names of signers of the policy; one of them is enough unless `threshold` says more. */
  readonly by: SignerNames
  /** How many of them must have signed. Default 1. */
  readonly threshold?: number | undefined
  /** Default: any age. */
  readonly maxAge?: string | undefined
}

/** What is not judged. */
export interface ExemptionDocument {
  /** Name, for the decision and the audit log. */
  readonly name: string
  /** `*` stands for any run of characters; not for all of them. */
  readonly namespaces: readonly string[]
  /** Default: all images there. */
  readonly images?: readonly string[] | undefined
  /** Why it is exempt, for people. */
  readonly reason: string
}

/** Where the Pod of a custom resource is. */
export interface PodKindDocument {
  /** API group, such as `argoproj.io`. */
  readonly group: string
  /** Kind, such as `Rollout`. */
  readonly kind: string
  /** Path of the PodSpec, e.g. `spec.template.spec`. */
  readonly podSpec: string
}

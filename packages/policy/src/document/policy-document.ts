import type { RuleMode } from '../rules/rule-kind.ts'

/** A value of a document. */
export type DocumentValue =
  | string
  | number
  | boolean
  | readonly DocumentValue[]
  | { readonly [field: string]: DocumentValue | undefined }

/** A rule as it is written: what every rule may say, and what its kind asks for. */
export interface RuleDocument {
  readonly mode?: RuleMode | undefined
  /** Date, or time with zone, before which it only warns. */
  readonly enforceFrom?: string | undefined
  /** What a person can do about it. */
  readonly remedy?: string | undefined
  /** CEL of type `bool`; where it is false the rule is not asked. */
  readonly when?: string | undefined
  /** Media or artifact types, with `*` for any text, and the word `image`. */
  readonly appliesTo?: readonly string[] | undefined
  /** Why it may be looser than what it inherits. */
  readonly loosen?: string | undefined
  readonly [field: string]: DocumentValue | undefined
}

/** A rule with a name, which is unique in its tier; a child changes the rule of that name. */
export interface NamedRuleDocument extends RuleDocument {
  readonly name: string
}

/** A tier as it is written. Fields that are absent are inherited. */
export interface TierDocument {
  /** The tier that this one tightens. */
  readonly extends?: string | undefined
  /** How much rules weigh that do not say so themselves. Default `enforce`. */
  readonly mode?: RuleMode | undefined
  /** Why `mode` may be looser than the parent's. */
  readonly loosen?: string | undefined
  readonly preconditions?: Readonly<Record<string, RuleDocument>> | undefined
  readonly thresholds?: readonly NamedRuleDocument[] | undefined
  readonly requirements?: Readonly<Record<string, RuleDocument | readonly NamedRuleDocument[]>> | undefined
  readonly rules?: readonly NamedRuleDocument[] | undefined
  /** Gaps in coverage to live with; replaces what is inherited. */
  readonly accept?:
    | readonly {
        readonly gap: string
        readonly images: string
        readonly reason: string
        readonly loosen?: string | undefined
      }[]
    | undefined
  readonly waivers?:
    | {
        readonly allowed?: boolean | undefined
        readonly maxLifetime?: string | undefined
        readonly nearExpiry?: string | undefined
        readonly approverRequired?: boolean | undefined
        readonly loosen?: string | undefined
      }
    | undefined
  readonly breakGlass?:
    | {
        readonly allowed?: boolean | undefined
        readonly maxLifetime?: string | undefined
        readonly actors?: readonly string[] | undefined
        readonly loosen?: string | undefined
      }
    | undefined
  readonly freeze?:
    | readonly {
        readonly name: string
        readonly from?: string | undefined
        readonly until?: string | undefined
        readonly reason?: string | undefined
        readonly except?: readonly string[] | undefined
        readonly loosen?: string | undefined
      }[]
    | undefined
  readonly trace?:
    | { readonly coverage?: 'complete' | 'partial' | undefined; readonly loosen?: string | undefined }
    | undefined
}

/** A policy document as an object; `policyJsonSchema` describes it in full. */
export interface PolicyDocument {
  readonly $schema?: string | undefined
  readonly version: 1
  readonly tiers: Readonly<Record<string, TierDocument>>
}

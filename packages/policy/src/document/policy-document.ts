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
  /** What breaking the rule does. Default: the mode of the tier. */
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
  /** What the kind of the rule asks for. */
  readonly [field: string]: DocumentValue | undefined
}

/** A rule with a name, which is unique in its tier; a child changes the rule of that name. */
export interface NamedRuleDocument extends RuleDocument {
  /** Name, unique in the tier. */
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
  /** What must hold before findings are counted, by kind. */
  readonly preconditions?: Readonly<Record<string, RuleDocument>> | undefined
  /** Limits on findings. */
  readonly thresholds?: readonly NamedRuleDocument[] | undefined
  /** Evidence and properties that must be there, by kind. */
  readonly requirements?: Readonly<Record<string, RuleDocument | readonly NamedRuleDocument[]>> | undefined
  /** Rules in CEL. */
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
  /** Whether waivers count, and for how long. */
  readonly waivers?:
    | {
        readonly allowed?: boolean | undefined
        readonly maxLifetime?: string | undefined
        readonly nearExpiry?: string | undefined
        readonly approverRequired?: boolean | undefined
        readonly loosen?: string | undefined
      }
    | undefined
  /** Whether somebody may let an image through, who, and for how long. */
  readonly breakGlass?:
    | {
        readonly allowed?: boolean | undefined
        readonly maxLifetime?: string | undefined
        readonly actors?: readonly string[] | undefined
        readonly loosen?: string | undefined
      }
    | undefined
  /** Times in which no tag moves. */
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
  /** How much of the image a trace of its run has to cover. */
  readonly trace?:
    | { readonly coverage?: 'complete' | 'partial' | undefined; readonly loosen?: string | undefined }
    | undefined
}

/** A policy document as an object; `policyJsonSchema` describes it in full. */
export interface PolicyDocument {
  /** Where the JSON Schema of this form is, for editors. */
  readonly $schema?: string | undefined
  /** Version of this form. */
  readonly version: 1
  /** The tiers by name. */
  readonly tiers: Readonly<Record<string, TierDocument>>
}

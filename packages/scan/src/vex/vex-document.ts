import type { Digest } from '@sallyport/core'

/** What a statement says of a vulnerability in a product (VEX status labels of OpenVEX and CISA). */
export type VexStatus = 'not_affected' | 'affected' | 'fixed' | 'under_investigation'

/** Why a product is not affected (VEX justification labels of OpenVEX and CISA). */
export type VexJustification =
  | 'component_not_present'
  | 'vulnerable_code_not_present'
  | 'vulnerable_code_not_in_execute_path'
  | 'vulnerable_code_cannot_be_controlled_by_adversary'
  | 'inline_mitigations_already_exist'

/** What a statement is about; a product without purl and digest is never recognised. */
export interface VexProduct {
  /** purls that name it, any one of them. */
  readonly purls: readonly string[]
  /** Digests that it has, such as that of an image manifest. */
  readonly digests: readonly Digest[]
  /** As the document names it, for messages. */
  readonly name: string
  /** Parts of the product that the statement is limited to; none: the whole product. */
  readonly subcomponents: readonly Omit<VexProduct, 'subcomponents'>[]
}

/** One statement of a VEX document. */
export interface VexStatement {
  /** Id and aliases of the vulnerability. */
  readonly vulnerabilities: readonly string[]
  /** What it says. */
  readonly status: VexStatus
  /** Why the product is not affected, by one of the labels. */
  readonly justification?: VexJustification | undefined
  /** Impact or action in the words of the author. */
  readonly statement?: string | undefined
  /** What it is about. */
  readonly products: readonly VexProduct[]
  /** ISO 8601; of the statement, else of its document. */
  readonly timestamp?: string | undefined
}

/** A VEX document of any form. */
export interface VexDocument {
  /** The form that it is written in. */
  readonly format: 'openvex' | 'csaf' | 'cyclonedx'
  /** Its own id, where it has one. */
  readonly id?: string | undefined
  /** Who says to have written it: a claim, never a proof. */
  readonly author?: string | undefined
  /** Time of the document, ISO 8601. */
  readonly timestamp?: string | undefined
  /** Its statements, in their order. */
  readonly statements: readonly VexStatement[]
}

const justifications: ReadonlySet<string> = new Set<VexJustification>([
  'component_not_present',
  'vulnerable_code_not_present',
  'vulnerable_code_not_in_execute_path',
  'vulnerable_code_cannot_be_controlled_by_adversary',
  'inline_mitigations_already_exist',
])

/** Whether a text is one of the five labels. */
export function isJustification(text: string | undefined): text is VexJustification {
  return text !== undefined && justifications.has(text)
}

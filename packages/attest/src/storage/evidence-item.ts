import type { Descriptor } from '@sallyport/core'
import type { KeylessSigner, Signer } from '../ports/signer.ts'
import type { Statement } from '../statement/statement.ts'

/** A statement to be signed and attached to what it is about. */
export interface AttestationItem {
  /** Image, index or other manifest that it is about. */
  readonly subject: Descriptor
  /** What is stated. */
  readonly statement: Statement
  /** Signs it: with a key, or with an identity. */
  readonly signer: Signer | KeylessSigner
}

/** An image or index to be signed. */
export interface SignatureItem {
  /** Image or index to be signed. */
  readonly subject: Descriptor
  /** `registry/repository` that the signature names. */
  readonly reference: string
  /** Noted in the signature, as with `cosign sign -a`. Signatures with other annotations are other signatures. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
  /** Signs it: with a key, or with an identity. */
  readonly signer: Signer | KeylessSigner
}

/** Something to attach. */
export type EvidenceItem = AttestationItem | SignatureItem

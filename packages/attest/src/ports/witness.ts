import type { TransparencyLogEntry } from '@sigstore/bundle'
import type { Signer } from './signer.ts'

/** A signature, as a witness sees it. */
export interface SignedContent {
  /** The bytes that were signed: the pre-authentication encoding of an envelope, or a simple signing payload. */
  readonly content: Uint8Array
  /** As it was made: ECDSA in DER. */
  readonly signature: Uint8Array
  /** Key (and certificate) that made it. */
  readonly signer: Omit<Signer, 'sign'>
  /** The DSSE envelope in JSON, when the content is the pre-authentication encoding of one. */
  readonly envelope?: Uint8Array | undefined
}

/** What a witness vouches for; goes into the bundle, or into the annotations of a layer. */
export interface Testimony {
  /** What logs answered, with the proof that the signature is in them. */
  readonly tlogEntries?: readonly TransparencyLogEntry[] | undefined
  /** RFC 3161 TimeStampResp in DER, over the signature. */
  readonly timestamps?: readonly Uint8Array[] | undefined
}

/** A transparency log or timestamp authority that confirms when a signature existed. */
export interface Witness {
  /** Has one signature confirmed; rejects when it is not. */
  witness(signed: SignedContent, options?: { readonly signal?: AbortSignal | undefined }): Promise<Testimony>
}

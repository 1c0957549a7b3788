import type { TransparencyLogEntry } from '@sigstore/bundle'

/** A signature with everything that came with it, from a bundle or a legacy layer; nothing about it is believed yet. */
export interface UnverifiedSignature {
  readonly signed: SignedBytes
  readonly signature: Uint8Array
  /** Name of the key, when the signer noted one. */
  readonly hint?: string | undefined
  /** Present when the signature came with a certificate. */
  readonly certificate?: UnverifiedCertificate | undefined
  readonly logEntries: readonly TransparencyLogEntry[]
  /** RFC 3161 TimeStampResp in DER, over the signature. */
  readonly timestamps: readonly Uint8Array[]
}

/** A certificate and its chain as they came, in DER. */
export interface UnverifiedCertificate {
  readonly leaf: Uint8Array
  /** Issuers, in any order; each must be one of the trusted root. */
  readonly chain: readonly Uint8Array[]
}

/** What a signature is over. */
export type SignedBytes =
  | {
      /** A DSSE envelope: the signature is over its pre-authentication encoding. */
      readonly kind: 'envelope'
      readonly payloadType: string
      readonly payload: Uint8Array
      /** The envelope as it is stored, where it stands by itself. */
      readonly document?: Uint8Array | undefined
    }
  | {
      readonly kind: 'message'
      readonly content: Uint8Array
    }
  | {
      /** A message of which only the digest is known. */
      readonly kind: 'digest'
      readonly algorithm: DigestAlgorithm
      readonly digest: Uint8Array
    }

/** Names of `node:crypto`. */
export type DigestAlgorithm = 'sha256' | 'sha384' | 'sha512'

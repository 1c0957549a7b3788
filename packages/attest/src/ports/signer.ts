import type { SignatureAlgorithm } from '../signing/signature-algorithm.ts'

/** Signs bytes with one key; the key may live elsewhere (KMS, HSM). */
export interface Signer {
  /** Public key in PEM (SPKI). */
  readonly publicKey: string
  /** base64 of the SHA-256 of the SPKI DER form, as cosign names keys. */
  readonly keyId: string
  /** Default: the hash of the curve's size, RSA in PKCS#1 v1.5, pure Ed25519. */
  readonly algorithm?: SignatureAlgorithm | undefined
  /** Present when a certificate vouches for the key; then evidence is verified by the certificate's identity. */
  readonly certificate?: SigningCertificate | undefined
  /** Signs the content (not its digest). */
  sign(content: Uint8Array, options?: { readonly signal?: AbortSignal | undefined }): Promise<Uint8Array>
}

/** A certificate with the chain that leads to its root, in PEM. */
export interface SigningCertificate {
  /** The certificate of the key, in PEM. */
  readonly leaf: string
  /** Intermediates, the issuer of the leaf first; may be empty. Roots are left to the verifier. */
  readonly chain: readonly string[]
}

/** A signer whose key is certified. */
export interface CertifiedSigner extends Signer {
  /** Vouches for the key. */
  readonly certificate: SigningCertificate
}

/** Whom certificates name. */
export interface SignerIdentity {
  /** Issuer of the identity tokens, such as `https://token.actions.githubusercontent.com`. */
  readonly issuer: string
  /** Subject alternative name: a URI, an e-mail address, or Fulcio's other name. */
  readonly subject: string
}

/** Makes a key that lives for one signature (or a few) and has it certified: keyless signing. */
export interface KeylessSigner {
  /** The only one that its certificates name, where that is known beforehand. */
  readonly identity?: SignerIdentity | undefined
  /** Makes a key and has it certified; the signer may be used until the certificate ends. */
  certify(options?: { readonly signal?: AbortSignal | undefined }): Promise<CertifiedSigner>
}

/** Signs as one identity and no other: who it is, is known before it signs. */
export interface IdentitySigner extends KeylessSigner {
  /** The only one that its certificates name; `certify` rejects when it is given another. */
  readonly identity: SignerIdentity
}
